/** Pages and spans: the arena in units of 64 KiB, claimed by CAS on the page table. */
import {
  HEADER_FIRST_PAGE_OFFSET,
  HEADER_PAGE_COUNT_OFFSET,
  HEADER_SEGMENT_COUNT_OFFSET,
  HEADER_SEGMENT_PAGES_OFFSET,
  PAGE_FRESH_OFFSET,
  PAGE_HINT_OFFSET,
  PAGE_TABLE_ADDRESS,
} from '../arena-header-descriptor'
import {
  PAGE_CLASS_SHIFT,
  PAGE_FREE,
  PAGE_LENGTH,
  PAGE_RESERVED,
  PAGE_SHIFT,
  PAGE_SPAN,
  PAGE_SPAN_BODY,
} from '../page-descriptor'

/** Bits of an entry that say what its page holds. */
const KIND_MASK: u32 = 0xff

function entryAddress(page: u32): usize {
  return <usize>PAGE_TABLE_ADDRESS + (page << 2)
}

/** The page table entry of a page. */
export function pageEntry(page: u32): u32 {
  return atomic.load<u32>(entryAddress(page))
}

/** Pages of the arena. */
export function pageCount(): u32 {
  return load<u32>(0, HEADER_PAGE_COUNT_OFFSET)
}

/**
 * Notes that the pages before `end` were claimed, before they can be given back; the first page that had
 * not been claimed before.
 */
function noteClaimed(end: u32): u32 {
  while (true) {
    const fresh = atomic.load<u32>(0, PAGE_FRESH_OFFSET)
    if (fresh >= end || atomic.cmpxchg<u32>(0, fresh, end, PAGE_FRESH_OFFSET) == fresh) return fresh
  }
}

/** Zeroes pages that were claimed just now, but for those that hold zeros since the arena was made. */
function zero(first: u32, end: u32): void {
  const used = min(noteClaimed(end), end)
  if (first < used)
    memory.fill((<usize>first) << PAGE_SHIFT, 0, (<usize>(used - first)) << PAGE_SHIFT)
}

/** Claims one page with the given entry and zeroes it; its address, or 0 when none is free. */
export function claimPage(entry: u32): usize {
  const count = pageCount()
  let page = atomic.load<u32>(0, PAGE_HINT_OFFSET)
  let wrapped = false
  while (true) {
    if (page >= count) {
      if (wrapped) return 0
      wrapped = true
      page = load<u32>(0, HEADER_FIRST_PAGE_OFFSET)
    }
    if (atomic.load<u32>(entryAddress(page)) == PAGE_FREE) {
      if (atomic.cmpxchg<u32>(entryAddress(page), PAGE_FREE, PAGE_RESERVED) == PAGE_FREE) {
        atomic.store<u32>(0, page + 1, PAGE_HINT_OFFSET)
        zero(page, page + 1)
        // Only now: others look into pages of cells.
        atomic.store<u32>(entryAddress(page), entry)
        return (<usize>page) << PAGE_SHIFT
      }
    }
    page++
  }
}

function releaseRun(first: u32, count: u32): void {
  for (let page = first; page < first + count; page++) {
    atomic.store<u32>(entryAddress(page), PAGE_FREE)
  }
  if (first < atomic.load<u32>(0, PAGE_HINT_OFFSET)) {
    atomic.store<u32>(0, first, PAGE_HINT_OFFSET)
  }
}

function claimRun(first: u32, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (atomic.cmpxchg<u32>(entryAddress(first + i), PAGE_FREE, PAGE_SPAN_BODY) != PAGE_FREE) {
      releaseRun(first, i)
      return false
    }
  }
  // Only now: it speaks of all of them, also when whoever claims them dies.
  atomic.store<u32>(entryAddress(first), PAGE_SPAN | (count << PAGE_CLASS_SHIFT))
  return true
}

/** Claims neighbouring pages from `first` on, before `end`; the first of them, or 0 when there are none. */
function claimPages(first: u32, end: u32, wanted: u32): u32 {
  let run: u32 = 0
  for (let page = first; page < end; page++) {
    const entry = atomic.load<u32>(entryAddress(page))
    if (entry == PAGE_FREE) {
      if (++run < wanted) continue
      if (claimRun(first, wanted)) return first
    } else if ((entry & KIND_MASK) == PAGE_SPAN) {
      page += (entry >> PAGE_CLASS_SHIFT) - 1
    }
    run = 0
    first = page + 1
  }
  return 0
}

function pagesOf(length: u32): u32 {
  return <u32>((<u64>length + PAGE_LENGTH - 1) >> PAGE_SHIFT)
}

/** Claims neighbouring pages of the arena, which is to be noted; the first of them, or 0. */
function claimInArena(wanted: u32): u32 {
  const claimed = claimPages(atomic.load<u32>(0, PAGE_HINT_OFFSET), pageCount(), wanted)
  if (claimed != 0) return claimed
  return claimPages(load<u32>(0, HEADER_FIRST_PAGE_OFFSET), pageCount(), wanted)
}

/** As claimInArena, of pages whose content does not matter. */
function claimNoted(wanted: u32): u32 {
  const first = claimInArena(wanted)
  if (first != 0) noteClaimed(first + wanted)
  return first
}

/** Claims enough neighbouring pages for `length` bytes; their address, or 0 when there are none. */
export function claimSpan(length: u32): usize {
  return (<usize>claimNoted(pagesOf(length))) << PAGE_SHIFT
}

/** As claimSpan, of pages that hold zeros: quick where nobody has claimed them before. */
export function claimZeroedSpan(length: u32): usize {
  const wanted = pagesOf(length)
  const first = claimInArena(wanted)
  if (first != 0) zero(first, first + wanted)
  return (<usize>first) << PAGE_SHIFT
}

/**
 * Claims pages for the body of a batch, in a payload segment if there are any with room, else in the
 * arena. The first of them, or 0 when there are none.
 */
export function claimBody(length: u32): u32 {
  const wanted = pagesOf(length)
  const segmentPages = load<u32>(0, HEADER_SEGMENT_PAGES_OFFSET)
  const segments = load<u32>(0, HEADER_SEGMENT_COUNT_OFFSET)
  if (wanted <= segmentPages) {
    for (let i: u32 = 0; i < segments; i++) {
      const first = pageCount() + i * segmentPages
      const claimed = claimPages(first, first + segmentPages, wanted)
      if (claimed != 0) return claimed
    }
  }
  return claimNoted(wanted)
}

/** Whether a page lies in the arena, not in a payload segment. */
export function isInArena(page: u32): bool {
  return page < pageCount()
}

/** Gives the pages of a span back. */
export function releasePages(first: u32): void {
  releaseRun(first, pageEntry(first) >> PAGE_CLASS_SHIFT)
}

/** Gives a span back. */
export function releaseSpan(address: usize): void {
  releasePages(<u32>(address >> PAGE_SHIFT))
}

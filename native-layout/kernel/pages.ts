/** Pages and spans: the arena in units of 64 KiB, claimed by CAS on the page table. */
import {
  HEADER_FIRST_PAGE_OFFSET,
  HEADER_PAGE_COUNT_OFFSET,
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
        memory.fill((<usize>page) << PAGE_SHIFT, 0, PAGE_LENGTH)
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
    const entry: u32 = i == 0 ? PAGE_SPAN | (count << PAGE_CLASS_SHIFT) : PAGE_SPAN_BODY
    if (atomic.cmpxchg<u32>(entryAddress(first + i), PAGE_FREE, entry) != PAGE_FREE) {
      releaseRun(first, i)
      return false
    }
  }
  return true
}

/** Claims enough neighbouring pages for `length` bytes; their address, or 0 when there are none. */
export function claimSpan(length: u32): usize {
  const wanted = (length + PAGE_LENGTH - 1) >> PAGE_SHIFT
  const count = pageCount()
  let first = load<u32>(0, HEADER_FIRST_PAGE_OFFSET)
  let run: u32 = 0
  for (let page = first; page < count; page++) {
    if (atomic.load<u32>(entryAddress(page)) != PAGE_FREE) {
      run = 0
      first = page + 1
    } else if (++run == wanted) {
      if (claimRun(first, wanted)) return (<usize>first) << PAGE_SHIFT
      run = 0
      first = page + 1
    }
  }
  return 0
}

/** Gives a span back. */
export function releaseSpan(address: usize): void {
  const page = <u32>(address >> PAGE_SHIFT)
  releaseRun(page, pageEntry(page) >> PAGE_CLASS_SHIFT)
}

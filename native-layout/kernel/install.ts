/**
 * Installing a validated write set. Every step may be done again by whoever finds the slot in
 * INSTALLING: the old version is complete before it is linked, it is linked before the value
 * changes, and the word that carries the new timestamp is stored last.
 */
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_DECIDED,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_IGNORED,
  ENTRY_READ,
  ENTRY_RETIRING,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_VERSION_OFFSET,
} from '../entry-descriptor'
import { GAP_JUDGED_OFFSET } from '../gap-descriptor'
import { VERSION_CLASS } from '../page-descriptor'
import { SLOT_ORDER_OFFSET, SLOT_PI_OFFSET, SLOT_WRITE_COUNT_OFFSET } from '../slot-descriptor'
import { TAG_BATCH, TAG_BLOCK_FIRST, TAG_NUMBER } from '../status-codes'
import { THREAD_PUSH_COUNT_OFFSET, THREAD_PUSHES_OFFSET } from '../thread-descriptor'
import {
  HANDLE_SHIFT,
  VERSION_BIAS,
  VERSION_CHAIN_OFFSET,
  VERSION_SSTAMP_OFFSET,
  VERSION_VALUE_OFFSET,
  VERSION_WORD_OFFSET,
} from '../version-descriptor'
import {
  CELL_GENERATION_MASK,
  CELL_GENERATION_SHIFT,
  HEAD_SHIFT,
  PLAIN_FLAG,
  TAG_MASK,
  TIMESTAMP_SHIFT,
} from '../word-descriptor'
import { take } from './allocator'
import { metaWith, setMeta, wordWith } from './cell'
import { bodyLengthOf } from './chunk'
import { scratch } from './hash-index'
import { giveValue, giveVersion, isListed, isNeeded } from './horizon'
import { mayRetire, retire } from './retired'
import { raiseRead } from './stamps'
import { count, thread } from './thread-record'
import { dropWrite } from './transaction'

/** The generation in a meta word, in its place. */
export const GENERATION_BITS: u64 = (<u64>CELL_GENERATION_MASK) << CELL_GENERATION_SHIFT

/** The head of the chain in a meta word, and the next older version in a chain word. */
export const HEAD_MASK: u64 = 0xffffffff00000000

/** So many bytes of a body, as a shift, count as one version when it is time to compute the horizon. */
const BODY_PUSH_SHIFT: u32 = 12

/** Versions behind the head that a commit leaves, while it looks for those that nobody needs. */
const PRUNING_STEPS: u32 = 4

/** Versions that a commit takes out of one chain at most: as many as come into it between two looks twice. */
const PRUNED_A_COMMIT_MAX: u32 = 128

/** Writes the current version of a cell into the head of its chain, and leaves what is behind it. */
export function fillHead(address: usize, head: u32, stamp: u64, meta: u64, pi: u64): void {
  const version = (<usize>head) << HANDLE_SHIFT
  atomic.store<u64>(version, atomic.load<u64>(address, CELL_VALUE_OFFSET), VERSION_VALUE_OFFSET)
  atomic.store<u64>(version, pi, VERSION_SSTAMP_OFFSET)
  atomic.store<u64>(version, versionWord(stamp, meta), VERSION_WORD_OFFSET)
}

/** The word of a version with this timestamp and the tag in this meta word. */
function versionWord(stamp: u64, meta: u64): u64 {
  return (stamp << TIMESTAMP_SHIFT) | (meta & TAG_MASK)
}

/** The commit timestamp of a version. */
export function stampOf(version: usize): u64 {
  return atomic.load<u64>(version, VERSION_WORD_OFFSET) >> TIMESTAMP_SHIFT
}

/** Puts the old version into the head of the chain, whose content nobody needs any more. */
function reuseHead(address: usize, head: u32, stamp: u64, meta: u64, pi: u64): void {
  const version = (<usize>head) << HANDLE_SHIFT
  const oldValue = atomic.load<u64>(version, VERSION_VALUE_OFFSET)
  const oldWord = atomic.load<u64>(version, VERSION_WORD_OFFSET)
  fillHead(address, head, stamp, meta, pi)
  giveValue(oldWord, oldValue)
}

/** The version behind another one, or 0. */
export function behind(version: usize): usize {
  const chain = atomic.load<u64>(version, VERSION_CHAIN_OFFSET)
  return (<usize>(<u32>(chain >> HEAD_SHIFT))) << HANDLE_SHIFT
}

/**
 * Takes the version behind another one out of the chain if nobody needs it; whether it did. Who
 * stands on it goes on from there: it keeps its place in the chain until it is used again, which is
 * noticed.
 */
export function pruneBehind(version: usize): bool {
  const chain = atomic.load<u64>(version, VERSION_CHAIN_OFFSET)
  const next = (<usize>(<u32>(chain >> HEAD_SHIFT))) << HANDLE_SHIFT
  if (next == 0) return false
  if (isNeeded(stampOf(next), stampOf(version))) return false
  const rest = atomic.load<u64>(next, VERSION_CHAIN_OFFSET) & HEAD_MASK
  atomic.store<u64>(version, rest | (chain & ~HEAD_MASK), VERSION_CHAIN_OFFSET)
  giveVersion(next)
  return true
}

/** Takes versions that nobody needs out of the first part of a chain. */
function pruneChain(head: u32): void {
  let version = (<usize>head) << HANDLE_SHIFT
  let pruned: u32 = 0
  for (let step: u32 = 0; version != 0 && step < PRUNING_STEPS; step++) {
    while (pruned < PRUNED_A_COMMIT_MAX && pruneBehind(version)) pruned++
    version = behind(version)
  }
}

/** Puts the old version in front of the chain. */
export function push(
  entry: usize,
  address: usize,
  handle: u32,
  stamp: u64,
  meta: u64,
  pi: u64,
): void {
  const version = (<usize>handle) << HANDLE_SHIFT
  pruneChain(<u32>(meta >> HEAD_SHIFT))
  const chain = (meta & HEAD_MASK) | <u64>load<u32>(entry, ENTRY_CELL_OFFSET)
  atomic.store<u64>(version, chain, VERSION_CHAIN_OFFSET)
  fillHead(address, handle, stamp, meta, pi)
  store<u32>(thread, load<u32>(thread, THREAD_PUSH_COUNT_OFFSET) + 1, THREAD_PUSH_COUNT_OFFSET)
  count(THREAD_PUSHES_OFFSET)
}

/**
 * Keeps the version that a commit replaces: in place of the newest kept one when nobody needs that,
 * else in front of it. The meta word with the new head.
 */
function keepVersion(entry: usize, address: usize, meta: u64, stamp: u64, pi: u64): u64 {
  let head = <u32>(meta >> HEAD_SHIFT)
  if (head != 0 && !isNeeded(stampOf((<usize>head) << HANDLE_SHIFT), stamp)) {
    store<u32>(entry, head, ENTRY_VERSION_OFFSET)
    reuseHead(address, head, stamp, meta, pi)
    pruneChain(head)
  } else {
    const block = take(VERSION_CLASS)
    // Reserved before the locks were taken; only the recovery of a dead thread may find none.
    if (block == 0) return meta & HEAD_MASK
    head = <u32>((block - VERSION_BIAS) >> HANDLE_SHIFT)
    store<u32>(entry, head, ENTRY_VERSION_OFFSET)
    push(entry, address, head, stamp, meta, pi)
  }
  return (<u64>head) << HEAD_SHIFT
}

/**
 * The newest kept version of a cell whose current one, of this timestamp, is not kept, if nobody needs it
 * any more; 0 otherwise. While no snapshot is known that does, the horizon is computed again the sooner. A
 * number without a chain is plain.
 */
function unneededHead(head: u32, stamp: u64): usize {
  const version = (<usize>head) << HANDLE_SHIFT
  const from = stampOf(version)
  if (!isNeeded(from, stamp)) return version
  if (isListed(from, stamp)) return 0
  store<u32>(thread, load<u32>(thread, THREAD_PUSH_COUNT_OFFSET) + 1, THREAD_PUSH_COUNT_OFFSET)
  return 0
}

/** Has the horizon be computed again the sooner, the more memory is kept with the batch in a block. */
function countBody(block: u32): void {
  const pushes =
    load<u32>(thread, THREAD_PUSH_COUNT_OFFSET) + (bodyLengthOf(block) >> BODY_PUSH_SHIFT)
  store<u32>(thread, pushes, THREAD_PUSH_COUNT_OFFSET)
}

/**
 * Installs one write of a transaction with this pi, which is 0 when it was not judged. With `leavesTraces`
 * for who may be judged: that there was no value is a version, too, for who has found none and has to know
 * who wrote the first one; and who has found keys of a gap missing says so in the gap. Also for whoever
 * finishes the commit of a thread that died in it.
 */
export function installOne(
  entry: usize,
  keptUpTo: u64,
  leavesTraces: bool,
  word: u64,
  pi: u64,
): void {
  const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (!(flags & ENTRY_GAP)) {
    const locked = atomic.load<u64>(address, CELL_WORD_OFFSET)
    const meta = metaWith(address, locked)
    const old = <u32>atomic.load<u64>(address, CELL_VALUE_OFFSET)
    const tag = <u32>meta & TAG_MASK
    const isBlock = tag >= <u32>TAG_BLOCK_FIRST
    let dropped: usize = 0
    let head = meta & HEAD_MASK
    const stamp = locked >> TIMESTAMP_SHIFT
    if (stamp <= keptUpTo || (isBlock && (tag == TAG_BATCH || !mayRetire(old)))) {
      if (stamp != 0 || leavesTraces) {
        head = keepVersion(entry, address, meta, stamp, pi == 0 ? word >> TIMESTAMP_SHIFT : pi)
      }
      if (tag == TAG_BATCH) countBody(<u32>(atomic.load<u64>(address, CELL_VALUE_OFFSET) >> 32))
      store<u32>(entry, flags | ENTRY_DECIDED, ENTRY_FLAGS_OFFSET)
    } else if (isBlock) {
      store<u32>(entry, flags | ENTRY_DECIDED | ENTRY_RETIRING, ENTRY_FLAGS_OFFSET)
      retire(thread, old, word >> TIMESTAMP_SHIFT)
    } else {
      store<u32>(entry, flags | ENTRY_DECIDED, ENTRY_FLAGS_OFFSET)
      if (head != 0) dropped = unneededHead(<u32>(head >> HEAD_SHIFT), stamp)
      if (dropped != 0) head = atomic.load<u64>(dropped, VERSION_CHAIN_OFFSET) & HEAD_MASK
    }
    const wanted = head | (meta & GENERATION_BITS) | <u64>load<u32>(entry, ENTRY_TAG_OFFSET)
    if (wanted != meta) setMeta(address, wanted)
    if (dropped != 0) giveVersion(dropped)
    atomic.store<u64>(address, load<u64>(entry, ENTRY_VALUE_OFFSET), CELL_VALUE_OFFSET)
    word = wordWith(word, wanted)
  } else {
    // The word of a gap speaks of all its keys, and does not say that this one was found missing.
    if (leavesTraces && flags & ENTRY_READ) raiseRead(entry, flags, word >> TIMESTAMP_SHIFT)
    if (pi != 0) atomic.store<u64>(address, word >> TIMESTAMP_SHIFT, GAP_JUDGED_OFFSET)
  }
  atomic.store<u64>(address, word, CELL_WORD_OFFSET)
}

/**
 * Installs a number over a plain one that nobody may read any more, the common case; false when it is
 * not that.
 */
function installPlain(entry: usize, keptUpTo: u64, word: u64): bool {
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (flags & (ENTRY_GAP | ENTRY_IGNORED)) return false
  if (load<u32>(entry, ENTRY_TAG_OFFSET) != TAG_NUMBER) return false
  const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  const locked = atomic.load<u64>(address, CELL_WORD_OFFSET)
  if (!(<u32>locked & PLAIN_FLAG) || locked >> TIMESTAMP_SHIFT <= keptUpTo) return false
  store<u32>(entry, flags | ENTRY_DECIDED, ENTRY_FLAGS_OFFSET)
  atomic.store<u64>(address, load<u64>(entry, ENTRY_VALUE_OFFSET), CELL_VALUE_OFFSET)
  atomic.store<u64>(address, word | PLAIN_FLAG, CELL_WORD_OFFSET)
  return true
}

/**
 * Installs the write set at its commit timestamp and unlocks it. Old versions are kept up to the
 * timestamp up to which somebody may read them; otherwise an inline value is forgotten and a block
 * retired, since a reader of the current version may still be copying it. The cells whose writes
 * were dropped are listed in the scratch area. Whether any write was left.
 */
export function install(slot: usize, keptUpTo: u64, leavesTraces: bool, timestamp: u64): bool {
  let at = <usize>load<u32>(slot, SLOT_ORDER_OFFSET)
  const end = at + (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) << 2)
  const word = timestamp << TIMESTAMP_SHIFT
  const pi = load<u64>(slot, SLOT_PI_OFFSET)
  let ignored = scratch()
  let written = false
  for (; at < end; at += 4) {
    const entry = <usize>load<u32>(at)
    if (installPlain(entry, keptUpTo, word)) {
      written = true
    } else if (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_IGNORED) {
      dropWrite(entry)
      store<u32>(ignored, load<u32>(entry, ENTRY_CELL_OFFSET))
      ignored += 4
    } else {
      installOne(entry, keptUpTo, leavesTraces, word, pi)
      if (!(load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_GAP)) written = true
    }
  }
  return written
}

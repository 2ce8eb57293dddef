/** Pins: references that outlive the transaction in which they were taken. */
import { HEADER_PIN_TABLE_OFFSET, PIN_USED_COUNT_OFFSET } from '../arena-header-descriptor'
import { CHUNK_BATCH } from '../chunk-descriptor'
import {
  PIN_BATCH_FULL,
  PIN_BATCH_GONE,
  PIN_COUNT_MAX,
  PIN_NONE_FREE,
  PIN_THREAD_MASK,
  PIN_THREAD_SHIFT,
  PIN_USE_MASK,
  PIN_USE_SHIFT,
} from '../pin-descriptor'
import { THREAD_INDEX_OFFSET } from '../thread-descriptor'
import { chunkKind, dropChunk, holdChunk, isChunk, isFull } from './chunk'
import { thread } from './thread-record'

/** Where this thread looks for a free pin first. */
let firstTry: u32 = 0

/** The word of the pin that this thread made last. */
let made: u64 = 0

function pinAt(number: u32): usize {
  return <usize>load<u32>(0, HEADER_PIN_TABLE_OFFSET) + (number << 3)
}

function threadOf(pin: u64): u32 {
  return <u32>(pin >> PIN_THREAD_SHIFT) & PIN_THREAD_MASK
}

/** Has those who look for pins in use look as far as this one. */
function raiseUsed(number: u32): void {
  while (true) {
    const used = atomic.load<u32>(0, PIN_USED_COUNT_OFFSET)
    if (used > number) return
    atomic.cmpxchg<u32>(0, used, number + 1, PIN_USED_COUNT_OFFSET)
  }
}

/** The word of a pin. */
export function pinWord(number: u32): u64 {
  return atomic.load<u64>(pinAt(number))
}

/**
 * Pins a batch by the handle and the id of its chunk, which may have gone, or never have been there. The
 * number of the pin; less than 0: a PIN_ code.
 */
export function pinBatch(handle: u32, id: f64): i32 {
  if (!isChunk(handle)) return PIN_BATCH_GONE
  const owner = load<u32>(thread, THREAD_INDEX_OFFSET) + 1
  for (let i: u32 = 0; i < PIN_COUNT_MAX; i++) {
    const number = (firstTry + i) & (PIN_COUNT_MAX - 1)
    const pin = pinWord(number)
    if (threadOf(pin) != 0) continue
    if (!holdChunk(handle, id)) return isFull(handle, id) ? PIN_BATCH_FULL : PIN_BATCH_GONE
    if (chunkKind(handle) != CHUNK_BATCH) {
      dropChunk(handle)
      return PIN_BATCH_GONE
    }
    raiseUsed(number)
    const use = ((pin >> PIN_USE_SHIFT) + 1) & PIN_USE_MASK
    const wanted = (use << PIN_USE_SHIFT) | ((<u64>owner) << PIN_THREAD_SHIFT) | <u64>handle
    if (atomic.cmpxchg<u64>(pinAt(number), pin, wanted) == pin) {
      firstTry = number + 1
      made = wanted
      return <i32>number
    }
    dropChunk(handle)
  }
  return PIN_NONE_FREE
}

/** The word of the pin that this thread made last: by now the entry may be somebody else's. */
export function madePin(): u64 {
  return made
}

/** Releases a pin, if its word is still this one; whether it was. */
export function releasePin(number: u32, pin: u64): bool {
  if (threadOf(pin) == 0) return false
  const free = (pin >> PIN_USE_SHIFT) << PIN_USE_SHIFT
  if (atomic.cmpxchg<u64>(pinAt(number), pin, free) != pin) return false
  dropChunk(<u32>pin)
  return true
}

/** Releases all pins of a thread that has ended, or is about to leave its record. */
export function releasePinsOf(index: u32): void {
  for (let number = nextPin(0); number >= 0; number = nextPin(number + 1)) {
    const pin = pinWord(number)
    if (threadOf(pin) == index + 1) releasePin(number, pin)
  }
}

/** The first pin in use from this number on, or -1. */
export function nextPin(number: u32): i32 {
  const end = atomic.load<u32>(0, PIN_USED_COUNT_OFFSET)
  for (; number < end; number++) {
    if (threadOf(pinWord(number)) != 0) return <i32>number
  }
  return -1
}

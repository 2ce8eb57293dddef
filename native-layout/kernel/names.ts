/**
 * Names of transactions, in a list of their thread: whoever recovers it gives them back. The link lies
 * where other blocks have their hash.
 */
import { BLOCK_HASH_DISTANCE } from '../block-descriptor'
import { THREAD_NAMES_OFFSET } from '../thread-descriptor'
import { giveData, takeData } from './allocator'
import { thread } from './thread-record'

/** A block for a name of `length` bytes, which are still to be written; 0: there is no room. */
export function takeName(length: u32): usize {
  const name = takeData(length)
  if (name == 0) return 0
  store<u32>(name - BLOCK_HASH_DISTANCE, load<u32>(thread, THREAD_NAMES_OFFSET))
  store<u32>(thread, <u32>name, THREAD_NAMES_OFFSET)
  return name
}

/** Gives back the names of the thread with this record, none of whose slots has one. */
export function giveNames(record: usize): void {
  while (true) {
    const name = <usize>load<u32>(record, THREAD_NAMES_OFFSET)
    if (name == 0) return
    store<u32>(record, load<u32>(name - BLOCK_HASH_DISTANCE), THREAD_NAMES_OFFSET)
    giveData(name)
  }
}

/** Gives back the names of this thread, none of whose transactions has one. */
export function forgetNames(): void {
  giveNames(thread)
}

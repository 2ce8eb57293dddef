/**
 * The table of schemas: by the fingerprint of its bytes, the chunk of a schema that some batch refers to.
 * The table holds no reference. What it says of a schema that is gone is noticed, since chunks are
 * type-stable, and written over. A schema that finds its places taken by others stays out of it, which
 * costs memory and nothing else.
 */
import { HEADER_SCHEMA_TABLE_OFFSET, SCHEMA_TABLE_COUNT } from '../arena-header-descriptor'
import { BLOCK_HASH_DISTANCE, BLOCK_LENGTH_DISTANCE } from '../block-descriptor'
import { CHUNK_SCHEMA } from '../chunk-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { giveData } from './allocator'
import { chunkBlock, chunkId, chunkKind, dropChunk, holdChunk, makeChunk } from './chunk'

/** Places that a schema may have. */
const PLACE_COUNT: u32 = 16

function placeAt(number: u32): usize {
  const table = <usize>load<u32>(0, HEADER_SCHEMA_TABLE_OFFSET)
  return table + ((number & (SCHEMA_TABLE_COUNT - 1)) << 3)
}

/** Whether two blocks hold the same bytes. */
export function isEqual(left: usize, right: usize): bool {
  const length = load<u32>(right - BLOCK_LENGTH_DISTANCE)
  if (load<u32>(left - BLOCK_LENGTH_DISTANCE) != length) return false
  for (let at: u32 = 0; at < length; at++) {
    if (load<u8>(left + at) != load<u8>(right + at)) return false
  }
  return true
}

/** Holds the chunk that a place names if it is still that of a schema with the fingerprint; its block, or 0. */
function holdNamed(place: u64): usize {
  const handle = <u32>place
  if (!holdChunk(handle, chunkId(handle))) return 0
  const block = (<usize>chunkBlock(handle)) << HANDLE_SHIFT
  const isSchema = chunkKind(handle) == CHUNK_SCHEMA
  if (isSchema && load<u32>(block - BLOCK_HASH_DISTANCE) == <u32>(place >> 32)) return block
  dropChunk(handle)
  return 0
}

/** Makes the chunk of a new schema; 0, and the block is given back, when the arena is full. */
function makeSchema(payload: usize): u32 {
  const made = makeChunk(<u32>(payload >> HANDLE_SHIFT), CHUNK_SCHEMA)
  if (made == 0) giveData(payload)
  return made
}

/**
 * The chunk of the schema whose bytes are in this block, with one reference for the caller: the one that
 * others use, then the block is given back, or a new one. 0 when the arena is full.
 */
export function registerSchema(payload: usize, fingerprint: u32): u32 {
  store<u32>(payload - BLOCK_HASH_DISTANCE, fingerprint)
  let vacant: usize = 0
  let seen: u64 = 0
  for (let i: u32 = 0; i < PLACE_COUNT; i++) {
    const address = placeAt(fingerprint + i)
    const place = atomic.load<u64>(address)
    const known = place == 0 ? <usize>0 : holdNamed(place)
    if (known == 0) {
      if (vacant == 0) {
        vacant = address
        seen = place
      }
      continue
    }
    if (<u32>(place >> 32) == fingerprint && isEqual(known, payload)) {
      giveData(payload)
      return <u32>place
    }
    dropChunk(<u32>place)
  }
  const made = makeSchema(payload)
  // Who loses the place to another one that registers the same schema has one of his own.
  if (made != 0 && vacant != 0) {
    atomic.cmpxchg<u64>(vacant, seen, ((<u64>fingerprint) << 32) | <u64>made)
  }
  return made
}

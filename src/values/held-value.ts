import { SLOT_TAG_OFFSET, SLOT_VALUE_OFFSET } from '../../native-layout/slot-descriptor.ts'
import { TAG_ABSENT, TAG_NUMBER } from '../../native-layout/status-codes.ts'
import type { Arena } from '../memory/arena.ts'
import type { Codec } from './codec.ts'
import { readRecordAs, readStoredAs, type ValueMemory } from './stored-value.ts'
import type { Value } from './value.ts'

/** A value as the kernel has delivered it: to be decoded while somebody holds its block. */
export interface HeldValue {
  readonly tag: number
  /** Of the number that it is, if it is one. */
  readonly number: number
  /** The low half of its bits. */
  readonly low: number
  readonly bits: bigint
}

/** What the last read in a slot has found. */
export function heldIn(arena: Arena, slot: number): HeldValue {
  const at = slot + SLOT_VALUE_OFFSET
  return {
    tag: arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number,
    number: arena.f64[at >>> 3] as number,
    low: arena.u32[at >>> 2] as number,
    bits: arena.i64[at >>> 3] as bigint,
  }
}

/**
 * The value, undefined where there is none. What it lends of a batch is lent to `borrower`.
 * @throws {ValueNotAcceptableError} when it is a record, and no record of this codec.
 */
export function decodeHeld(
  memory: ValueMemory,
  borrower: number,
  { tag, number, low, bits }: HeldValue,
  codec: Codec<unknown> | undefined,
): unknown {
  if (tag === TAG_ABSENT) return undefined
  if (codec?.kind === 'record') return readRecordAs(memory.arena, tag, low, codec)
  const value = tag === TAG_NUMBER ? number : readStoredAs(memory, borrower, tag, low, bits)
  return codec === undefined ? value : codec.decode(value as Value)
}

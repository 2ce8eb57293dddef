import type { Data, Dictionary } from 'apache-arrow'
import { bitAt } from './bitmap.ts'
import type { Fault } from './column-path.ts'
import { isSameType } from './type-text.ts'

const BYTE_BITS = 8

/**
 * Whether a column has a dictionary, and `length` indices from `start` on, but for those of nulls,
 * lie within it. The indices themselves are there.
 */
export function faultInDictionary(
  type: Dictionary,
  data: Data,
  start: number,
  length: number,
): Fault | undefined {
  const { dictionary } = data
  if (dictionary === undefined) return { path: '', why: 'it has no dictionary' }
  if (!isSameType(dictionary.type, type.dictionary)) {
    const why = `its dictionary has the type ${dictionary.type}, its field ${type.dictionary}`
    return { path: '', why }
  }
  const indices = unsigned(data.values)
  // A negative index is a large one when it is read without its sign.
  const bits = indices.BYTES_PER_ELEMENT * BYTE_BITS
  const limit = Math.min(dictionary.length, type.indices.isSigned ? 2 ** (bits - 1) : 2 ** bits)
  if (greatest(indices, start, length) < limit) return undefined
  for (let i = start; i < start + length; i++) {
    if (data.nullCount > 0 && !bitAt(data.nullBitmap, data.offset + i)) continue
    if (Number(indices[i]) < limit) continue
    const why = `its index ${data.values[i]} is outside of a dictionary of ${dictionary.length}`
    return { path: `[${i}]`, why }
  }
  return undefined
}

type Indices = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

function unsigned(
  values: ArrayBufferView & { BYTES_PER_ELEMENT: number; length: number },
): Indices {
  const { buffer, byteOffset, length } = values
  switch (values.BYTES_PER_ELEMENT) {
    case Uint8Array.BYTES_PER_ELEMENT:
      return new Uint8Array(buffer, byteOffset, length)
    case Uint16Array.BYTES_PER_ELEMENT:
      return new Uint16Array(buffer, byteOffset, length)
    case Uint32Array.BYTES_PER_ELEMENT:
      return new Uint32Array(buffer, byteOffset, length)
    default:
      return new BigUint64Array(buffer, byteOffset, length)
  }
}

/** A loop for each width: one for all of them would not know what it reads. */
function greatest(indices: Indices, start: number, length: number): number {
  if (indices instanceof Uint8Array) return greatestOf8(indices, start, start + length)
  if (indices instanceof Uint16Array) return greatestOf16(indices, start, start + length)
  if (indices instanceof Uint32Array) return greatestOf32(indices, start, start + length)
  let most = 0
  for (let i = start; i < start + length; i++) most = Math.max(most, Number(indices[i]))
  return most
}

function greatestOf8(indices: Uint8Array, start: number, end: number): number {
  let most = 0
  for (let i = start; i < end; i++) if ((indices[i] as number) > most) most = indices[i] as number
  return most
}

function greatestOf16(indices: Uint16Array, start: number, end: number): number {
  let most = 0
  for (let i = start; i < end; i++) if ((indices[i] as number) > most) most = indices[i] as number
  return most
}

function greatestOf32(indices: Uint32Array, start: number, end: number): number {
  let most = 0
  for (let i = start; i < end; i++) if ((indices[i] as number) > most) most = indices[i] as number
  return most
}

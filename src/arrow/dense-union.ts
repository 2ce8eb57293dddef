import type { Data, Union } from 'apache-arrow'

/** The least range of a dense union's child that holds all that some of its values refer to. */
export function usedRange(
  data: Data,
  start: number,
  length: number,
  childIndex: number,
): readonly [first: number, count: number] {
  const typeIds: Int8Array = data.typeIds
  const offsets: Int32Array = data.valueOffsets
  const typeId = (data.type as Union).typeIds[childIndex]
  let first = Number.POSITIVE_INFINITY
  let last = -1
  for (let i = start; i < start + length; i++) {
    if (typeIds[i] !== typeId) continue
    const offset = offsets[i] as number
    if (offset < first) first = offset
    if (offset > last) last = offset
  }
  return last < 0 ? [0, 0] : [first, last - first + 1]
}

/** Offsets of a dense union from the first value of each child on that they refer to. */
export function rebasedOffsets(
  data: Data,
  start: number,
  length: number,
  firsts: readonly number[],
): Int32Array {
  const typeIds: Int8Array = data.typeIds
  const offsets: Int32Array = data.valueOffsets
  const childOf = (data.type as Union).typeIdToChildIndex
  const rebased = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const child = childOf[typeIds[start + i] as number] as number
    rebased[i] = (offsets[start + i] as number) - (firsts[child] as number)
  }
  return rebased
}

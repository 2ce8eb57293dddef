import type { Fill } from './fills.ts'
import type { Runs } from './runs.ts'
import { SLICE_COUNT } from './steps.ts'

/** Indices of dictionaries, without their sign. Those of 64 bits are words, the low one first. */
type IndexArray = Uint8Array | Uint16Array | Uint32Array

const WORD_LENGTH = 4

/** Reads indices of any width as numbers of 32 bits and fewer. */
export function indexArray(values: ArrayBufferView, width: number): IndexArray {
  const { buffer, byteOffset, byteLength } = values
  if (width === Uint8Array.BYTES_PER_ELEMENT) return new Uint8Array(buffer, byteOffset, byteLength)
  if (width === Uint16Array.BYTES_PER_ELEMENT) {
    return new Uint16Array(buffer, byteOffset, byteLength / width)
  }
  return new Uint32Array(buffer, byteOffset, byteLength / WORD_LENGTH)
}

/**
 * Indices into a dictionary that several became. What is null keeps no index.
 *
 * @param positions for each source the new place of each of its dictionary's values.
 */
export function fillIndices(
  sources: readonly IndexArray[],
  runs: Runs,
  width: number,
  positions: readonly Int32Array[],
): Fill {
  return function* (bytes, at) {
    const step = Math.max(1, width / WORD_LENGTH)
    const target = indexArray(bytes.subarray(at, at + runs.total * width), width)
    let to = 0
    let budget = SLICE_COUNT
    for (let run = 0; run < runs.count; run++) {
      const source = runs.source[run] as number
      const indices = sources[source] as IndexArray
      const places = positions[source] as Int32Array
      const start = runs.start[run] as number
      const count = runs.length[run] as number
      for (let i = 0; i < count; i++) {
        // The index of a null may be any number.
        const index = indices[(start + i) * step] as number
        target[(to + i) * step] = index < places.length ? (places[index] as number) : 0
        if (step > 1) target[(to + i) * step + 1] = 0
      }
      to += count
      budget -= count
      if (budget > 0) continue
      budget = SLICE_COUNT
      yield
    }
  }
}

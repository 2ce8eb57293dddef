import {
  BODY_LENGTH_WORD,
  DICTIONARY_COUNT_WORD,
  FIRST_NODE_WORD,
  METADATA_LENGTH_WORD,
  NODE_COUNT_WORD,
  NODE_WORD_COUNT,
  REGION_COUNT_WORD,
  REGION_WORD_COUNT,
  ROW_COUNT_WORD,
  VARIADIC_COUNT_WORD,
} from './batch-header-descriptor.ts'
import { decodeMetadata } from './batch-metadata.ts'
import type { BatchPlan } from './batch-plan.ts'

const WORD_SHIFT = 2

/**
 * Writes the header of a batch: `plan.headerLength` bytes from `at` on. The body comes first: what
 * merging writes is counted while it is written.
 *
 * @param at a byte address, a multiple of 8.
 * @param dictionaryHandles what stands for each of `plan.dictionaries`, in their order.
 * @throws {RangeError} when there is not one handle for each: the header would have another length.
 */
export function writeHeader(
  plan: BatchPlan,
  words: Uint32Array,
  at: number,
  dictionaryHandles: readonly number[],
): void {
  const { nodes, regions, variadicCounts, dictionaries, metadata } = plan
  if (dictionaryHandles.length !== dictionaries.length) {
    throw new RangeError(
      `${dictionaryHandles.length} handles for ${dictionaries.length} dictionaries`,
    )
  }
  const first = at >>> WORD_SHIFT
  words[first + ROW_COUNT_WORD] = plan.rowCount
  words[first + BODY_LENGTH_WORD] = plan.bodyLength
  words[first + NODE_COUNT_WORD] = nodes.length >>> 1
  words[first + REGION_COUNT_WORD] = regions.length >>> 1
  words[first + VARIADIC_COUNT_WORD] = variadicCounts.length
  words[first + DICTIONARY_COUNT_WORD] = dictionaryHandles.length
  words[first + METADATA_LENGTH_WORD] = metadata.length
  let end = first + FIRST_NODE_WORD
  end = writeWords(words, end, nodes)
  end = writeWords(words, end, regions)
  end = writeWords(words, end, variadicCounts)
  end = writeWords(words, end, dictionaryHandles)
  if (metadata.length === 0) return
  new Uint8Array(words.buffer, words.byteOffset + (end << WORD_SHIFT)).set(metadata)
}

function writeWords(words: Uint32Array, at: number, values: readonly number[]): number {
  for (let i = 0; i < values.length; i++) words[at + i] = values[i] as number
  return at + values.length
}

/** The byte address of the handles in a header that has been written. */
export function dictionaryHandlesAt(words: Uint32Array, at: number): number {
  const first = at >>> WORD_SHIFT
  const nodes = words[first + NODE_COUNT_WORD] as number
  const regions = words[first + REGION_COUNT_WORD] as number
  const variadicCounts = words[first + VARIADIC_COUNT_WORD] as number
  const pairs = nodes * NODE_WORD_COUNT + regions * REGION_WORD_COUNT
  return (first + FIRST_NODE_WORD + pairs + variadicCounts) << WORD_SHIFT
}

/** The metadata of the batch with a header that has been written. */
export function metadataAt(words: Uint32Array, at: number): Map<string, string> {
  const first = at >>> WORD_SHIFT
  const length = words[first + METADATA_LENGTH_WORD] as number
  if (length === 0) return new Map()
  const handles = (words[first + DICTIONARY_COUNT_WORD] as number) << WORD_SHIFT
  const begin = words.byteOffset + dictionaryHandlesAt(words, at) + handles
  return decodeMetadata(new Uint8Array(words.buffer, begin, length))
}

/**
 * The header of a stored batch: what its body consists of. u32 words, little-endian, in this order:
 * the fields below, one pair for each node, one pair for each region, the variadic counts, the
 * handles of the dictionaries, and the bytes of the batch's own metadata: JSON, UTF-8.
 *
 * A node is one array of Arrow's, and nodes stand depth first in the order of the schema; what a
 * dictionary consists of stands in a batch of its own. A region is one buffer of a node, in Arrow's
 * order: validity, offsets or type ids, values.
 * Invariants:
 *   H1. Written once, before publication, after the body.
 *   H2. Regions begin at multiples of 8, long ones at multiples of 64, and do not overlap.
 *   H3. The counts are those that the schema and the variadic counts ask for.
 * Owner: the writing thread until publication; nobody afterwards.
 */

/** Rows of the batch. */
export const ROW_COUNT_WORD = 0
/** Bytes of the body. */
export const BODY_LENGTH_WORD = 1
/** How many nodes there are. */
export const NODE_COUNT_WORD = 2
/** How many regions there are. */
export const REGION_COUNT_WORD = 3
/** How many nodes say themselves how many buffers they have. */
export const VARIADIC_COUNT_WORD = 4
/** How many dictionaries the batch refers to. */
export const DICTIONARY_COUNT_WORD = 5
/** How many bytes the metadata has; 0: it is empty. */
export const METADATA_LENGTH_WORD = 6
/** The first word behind these fields. */
export const FIRST_NODE_WORD = 7

/** Words of a node: its length and how many of its values are null. */
export const NODE_WORD_COUNT = 2
/** Words of a region: its offset from the start of the body, in bytes, and its length in bytes. */
export const REGION_WORD_COUNT = 2

const WORD_LENGTH = 4

/** What the address of a header is a multiple of, as is its length. */
const HEADER_ALIGNMENT = 8

/** What a region and a body begin at a multiple of. */
export const REGION_ALIGNMENT = 8
/** From this length on, regions and bodies begin at the start of a cache line. */
export const LONG_REGION_LENGTH = 4096
/** What a long region and a long body begin at a multiple of. */
export const LONG_REGION_ALIGNMENT = 64

/** The longest body: its offsets and lengths are u32 words. */
export const BODY_LENGTH_MAX = 0xffff_ffff

/** Length in bytes of a header with so many nodes, regions, variadic counts, handles, bytes of metadata. */
export function headerLengthOf(
  nodeCount: number,
  regionCount: number,
  variadicCount: number,
  dictionaryCount: number,
  metadataLength: number,
): number {
  const words =
    FIRST_NODE_WORD +
    nodeCount * NODE_WORD_COUNT +
    regionCount * REGION_WORD_COUNT +
    variadicCount +
    dictionaryCount
  const length = words * WORD_LENGTH + metadataLength
  return Math.ceil(length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT
}

/** Where a region of this length begins that must not begin before `offset`. */
export function regionOffset(offset: number, length: number): number {
  const alignment = length >= LONG_REGION_LENGTH ? LONG_REGION_ALIGNMENT : REGION_ALIGNMENT
  return Math.ceil(offset / alignment) * alignment
}

/**
 * The structures that have a layout: which descriptor describes them, where they begin and end, and
 * why bytes between their fields are left unused. Everything else comes from the descriptors.
 */

/**
 * @typedef {Readonly<Record<string, number>>} Constants
 *
 * @typedef {object} Structure
 * @property {string} id names the section in the README
 * @property {string} descriptor its name in `native-layout/fingerprint.ts`
 * @property {(constants: Constants) => number} base offset of the first byte
 * @property {(constants: Constants) => number} length in bytes
 * @property {string} prefix of its constants
 * @property {RegExp} fields which constants of the descriptor are its fields
 * @property {number} [padTo] fields that begin at a multiple of it leave the bytes before unused
 * @property {Readonly<Record<string, string>>} [gaps] unused bytes, by the constant behind them
 */

/** The key of the gap behind the last field. */
export const END = 'end'

const FREE_LINKS = 'links of the free list while the block is free'
const NO_FIELD = 'unused, so that no field is at offset 0'
const FIRST_PRIVATE = 'unused: private fields begin at 64'

/** @type {readonly Structure[]} */
export const STRUCTURES = [
  {
    id: 'arena-header',
    descriptor: 'arenaHeader',
    prefix: 'HEADER_',
    base: (constants) => constants.HEADER_ADDRESS ?? 0,
    length: (constants) => constants.HEADER_LENGTH ?? 0,
    fields: /_OFFSET$/,
    padTo: 128,
    gaps: { [END]: 'reserved' },
  },
  {
    id: 'thread-record',
    descriptor: 'thread',
    prefix: 'THREAD_',
    base: () => 0,
    length: (constants) => constants.PAGE_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: {
      THREAD_STATE_OFFSET: NO_FIELD,
      THREAD_INDEX_OFFSET: FIRST_PRIVATE,
      THREAD_SCRATCH_OFFSET: 'reserved',
    },
  },
  {
    id: 'slot',
    descriptor: 'slot',
    prefix: 'SLOT_',
    base: () => 0,
    length: (constants) => constants.SLOT_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: {
      SLOT_PHASE_OFFSET: NO_FIELD,
      SLOT_ID_OFFSET: FIRST_PRIVATE,
      SLOT_INLINE_ENTRIES_OFFSET: 'reserved',
      [END]: 'reserved',
    },
  },
  {
    id: 'entry',
    descriptor: 'entry',
    prefix: 'ENTRY_',
    base: (constants) => constants.ENTRY_BIAS ?? 0,
    length: (constants) => constants.ENTRY_LENGTH ?? 0,
    fields: /_OFFSET$/,
  },
  {
    id: 'retired-block',
    descriptor: 'retired',
    prefix: 'RETIRED_',
    base: (constants) => constants.RETIRED_BIAS ?? 0,
    length: (constants) => constants.RETIRED_LENGTH ?? 0,
    fields: /_OFFSET$/,
  },
  {
    id: 'cell',
    descriptor: 'cell',
    prefix: 'CELL_',
    base: (constants) => constants.CELL_BIAS ?? 0,
    length: (constants) => constants.CELL_LENGTH ?? 0,
    fields: /_OFFSET$/,
  },
  {
    id: 'meta-word',
    descriptor: 'meta',
    prefix: 'META_',
    base: (constants) => constants.META_BIAS ?? 0,
    length: (constants) => constants.META_LENGTH ?? 0,
    fields: /_OFFSET$/,
  },
  {
    id: 'gap',
    descriptor: 'gap',
    prefix: 'GAP_',
    base: () => 0,
    length: (constants) => constants.GAP_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: { GAP_JUDGED_OFFSET: NO_FIELD },
  },
  {
    id: 'node',
    descriptor: 'node',
    prefix: 'NODE_',
    base: () => 0,
    length: (constants) => constants.NODE_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: { NODE_LINK_OFFSET: FREE_LINKS },
  },
  {
    id: 'ordered-node',
    descriptor: 'orderedNode',
    prefix: 'ORDERED_',
    base: () => 0,
    length: (constants) => constants.ORDERED_LENGTH ?? 0,
    fields: /^ORDERED_.*_OFFSET$/,
    gaps: {
      ORDERED_LEVEL_OFFSET: FREE_LINKS,
      ORDERED_WORD_OFFSET: NO_FIELD,
      [END]: 'the places: 15 prefixes from 64 on, 15 references from 184 on',
    },
  },
  {
    id: 'version',
    descriptor: 'version',
    prefix: 'VERSION_',
    base: (constants) => constants.VERSION_BIAS ?? 0,
    length: (constants) => constants.VERSION_LENGTH ?? 0,
    fields: /_OFFSET$/,
  },
  {
    id: 'chunk',
    descriptor: 'chunk',
    prefix: 'CHUNK_',
    base: () => 0,
    length: (constants) => constants.CHUNK_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: { CHUNK_WORD_OFFSET: FREE_LINKS },
  },
  {
    id: 'batch',
    descriptor: 'batch',
    prefix: 'BATCH_',
    base: () => 0,
    length: (constants) => constants.BATCH_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: { BATCH_CHUNK_OFFSET: NO_FIELD, [END]: 'reserved' },
  },
  {
    id: 'replaced-batch',
    descriptor: 'replaced',
    prefix: 'REPLACED_',
    base: () => 0,
    length: (constants) => constants.REPLACED_LENGTH ?? 0,
    fields: /_OFFSET$/,
    gaps: { REPLACED_TIMESTAMP_OFFSET: NO_FIELD },
  },
  {
    id: 'block',
    descriptor: 'block',
    prefix: 'BLOCK_',
    base: () => 0,
    length: (constants) => constants.DATA_LENGTH_MIN ?? 0,
    fields: /_DISTANCE$/,
    gaps: { [END]: 'payload, as long as the length says' },
  },
  {
    id: 'free-block',
    descriptor: 'page',
    prefix: 'FREE_',
    base: () => 0,
    length: (constants) => constants.DATA_LENGTH_MIN ?? 0,
    fields: /^FREE_.*_OFFSET$/,
    gaps: { [END]: 'left as it was' },
  },
]

/**
 * Sections that have no fields of bytes, but words made of bits.
 * @type {readonly { id: string, descriptor: string, wordLength: number }[]}
 */
export const WORD_SECTIONS = [
  { id: 'words', descriptor: 'word', wordLength: 8 },
  { id: 'page-entry', descriptor: 'page', wordLength: 4 },
  { id: 'index-link', descriptor: 'index', wordLength: 8 },
  { id: 'pin', descriptor: 'pin', wordLength: 8 },
]

import { bytesOf, constant, LAYOUTS, layoutOf } from './layouts.ts'

/** Which bytes a plain access may touch, as far as an instruction tells where it goes. */
export interface AccessMap {
  /** Bytes at these offsets from a computed address are accessed atomically. */
  readonly sharedOffsets: ReadonlySet<number>
  /** Bytes at these absolute addresses are accessed atomically. */
  readonly sharedAddresses: ReadonlySet<number>
  /** Absolute addresses that are written before the arena is shared, and read plainly. */
  readonly immutableAddresses: ReadonlySet<number>
  /** Offsets of private fields that hold eight bytes. */
  readonly privateWordOffsets: ReadonlySet<number>
}

const ADDRESS_SPACE_LENGTH = 2 ** 32

function range(from: number, length: number): number[] {
  return Array.from({ length }, (_, index) => from + index)
}

/** The shared bytes of a part of a cell, at their distance from what is computed of the cell's address. */
function partOf(id: string, start: number): number[] {
  const shared = layoutOf(id).fields.filter(({ access }) => access === 'shared')
  return [...bytesOf(shared)].map((byte) => start + byte)
}

function makeAccessMap(): AccessMap {
  const header = layoutOf('arena-header').fields
  const fields = LAYOUTS.filter(({ base }) => base < constant('HEADER_ADDRESS')).flatMap(
    (layout) => layout.fields,
  )
  const pageCountMax = ADDRESS_SPACE_LENGTH / constant('PAGE_LENGTH')
  const slotTable = range(constant('SLOT_TABLE_ADDRESS'), constant('SLOT_COUNT_MAX') * 4)
  const pageTable = range(constant('PAGE_TABLE_ADDRESS'), pageCountMax * 4)
  return {
    sharedOffsets: new Set([
      ...bytesOf(fields.filter(({ access }) => access === 'shared')),
      ...partOf('meta-word', constant('META_START') - constant('META_BIAS')),
      ...partOf('node', constant('NODE_START')),
    ]),
    sharedAddresses: new Set([
      ...bytesOf(header.filter(({ access }) => access === 'shared')),
      ...slotTable,
      ...pageTable,
    ]),
    immutableAddresses: bytesOf(header.filter(({ access }) => access === 'immutable')),
    privateWordOffsets: new Set(
      fields
        .filter(({ access, length }) => access === 'private' && length === 8)
        .map(({ offset }) => offset),
    ),
  }
}

/** The map that the descriptors describe. */
export const ACCESS_MAP: AccessMap = makeAccessMap()

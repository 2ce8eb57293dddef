import { describe, expect, it } from 'vitest'
import { ACCESS_MAP } from './support/access-map.ts'
import { bytesOf, constant, LAYOUTS, layoutOf } from './support/layouts.ts'

const FIRST_PRIVATE_OFFSET = 64

/** Reached by computed addresses only: no instruction has these offsets. */
const SCRATCH = 'THREAD_SCRATCH_OFFSET'
const COMPUTED: readonly string[] = [SCRATCH, 'THREAD_RETIRED_OFFSET']

const relative = LAYOUTS.filter(({ structure }) => structure.id !== 'arena-header')
const fields = relative.flatMap((layout) => layout.fields)
const shared = fields.filter(({ access }) => access === 'shared')
const plain = fields.filter(({ access }) => access === 'private' || access === 'statistic')

function common(left: ReadonlySet<number>, right: ReadonlySet<number>): number[] {
  return [...left].filter((byte) => right.has(byte))
}

describe('the offset of an access', () => {
  it('belongs to shared fields or to private ones, never to both', () => {
    expect(common(bytesOf(shared), bytesOf(plain))).toEqual([])
  })

  it('is below 64 for shared fields of every structure, 64 or more for private ones', () => {
    for (const { offset, length, constant: name } of shared) {
      expect(offset + length, name).toBeLessThanOrEqual(FIRST_PRIVATE_OFFSET)
    }
    for (const { offset, constant: name } of plain) {
      if (offset !== 0) expect(offset, name).toBeGreaterThanOrEqual(FIRST_PRIVATE_OFFSET)
    }
  })

  it('is 0 for no shared field, because every computed address is accessed with it', () => {
    expect(ACCESS_MAP.sharedOffsets.has(0)).toBe(false)
  })
})

describe('the absolute address of an access', () => {
  const header = layoutOf('arena-header').fields

  it('belongs to shared or to immutable fields, never to both', () => {
    expect(common(ACCESS_MAP.sharedAddresses, ACCESS_MAP.immutableAddresses)).toEqual([])
    for (const { access, constant: name } of header) {
      expect(['shared', 'immutable'], name).toContain(access)
    }
  })

  it('is no offset of a field within a structure', () => {
    const inStructures = bytesOf(fields.filter((field) => !COMPUTED.includes(field.constant)))
    expect(common(inStructures, bytesOf(header))).toEqual([])
    expect(common(inStructures, ACCESS_MAP.sharedAddresses)).toEqual([])
    expect(Math.max(...inStructures)).toBeLessThan(constant('HEADER_ADDRESS'))
  })

  it('meets the scratch bytes of a thread at their first bytes only, where nothing is shared', () => {
    expect(ACCESS_MAP.sharedAddresses.has(constant(SCRATCH))).toBe(false)
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DESCRIPTORS } from '../../native-layout/fingerprint.ts'
import { readFieldComment } from '../../scripts/layout/descriptor-source.mjs'
import { bitDiagram, byteDiagram } from '../../scripts/layout/diagram.mjs'
import { SECTION_IDS, sectionIdsIn, withDiagrams } from '../../scripts/layout/readme.mjs'
import { layoutOf, SOURCES } from './support/layouts.ts'

const README = readFileSync(new URL('../../native-layout/README.md', import.meta.url), 'utf8')

describe('the diagrams in native-layout/README.md', () => {
  it('are those of the descriptors', () => {
    const isCurrent = withDiagrams(README, DESCRIPTORS, SOURCES) === README
    expect(isCurrent, 'The descriptors have changed: run `npm run diagrams`.').toBe(true)
  })

  it('show every structure once', () => {
    expect(sectionIdsIn(README).sort()).toEqual([...SECTION_IDS].sort())
  })

  it('change when a constant changes', () => {
    const cell = { ...DESCRIPTORS.cell, CELL_VALUE_OFFSET: 28 }
    expect(withDiagrams(README, { ...DESCRIPTORS, cell }, SOURCES)).not.toBe(README)
  })
})

describe('a diagram', () => {
  it('draws fields eight bytes a row', () => {
    const rule = '      +-------------------------------+-------------------------------+'
    expect(byteDiagram(layoutOf('entry')).split('\n').slice(0, 2)).toEqual([
      rule,
      '   64 | cell                          | flags                         |',
    ])
  })

  it('draws words from their highest bit', () => {
    expect(bitDiagram('time << 12 | state << 4 | kind', 4).split('\n')).toEqual([
      '   31               12 11    4 3    0',
      '  +-------------------+-------+------+',
      '  | time              | state | kind |',
      '  +-------------------+-------+------+',
    ])
  })
})

describe('the comment of a field', () => {
  it('says how it is accessed and what its form is', () => {
    expect(readFieldComment('Immutable after open, COUNT times u32. What it is.')).toEqual({
      access: 'immutable',
      condition: 'immutable after open',
      count: 'COUNT',
      form: 'u32',
      meaning: 'What it is.',
    })
  })

  it('may say in which case it counts', () => {
    expect(readFieldComment('Shared, i32, in a free block: the next one.')?.meaning).toBe(
      'in a free block: the next one.',
    )
  })

  it('is told from that of another constant', () => {
    expect(readFieldComment('Length of a cell in bytes.')).toBeUndefined()
    expect(readFieldComment('Immutable after open. Spells KHON.')).toBeUndefined()
  })
})

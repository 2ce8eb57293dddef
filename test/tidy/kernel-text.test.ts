import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  CLOCK_OFFSET,
  HEADER_PAGE_COUNT_OFFSET,
  PAGE_TABLE_ADDRESS,
  SLOT_TABLE_ADDRESS,
} from '../../native-layout/arena-header-descriptor.ts'
import { CELL_VALUE_OFFSET } from '../../native-layout/cell-descriptor.ts'
import { SLOT_ID_OFFSET, SLOT_VALUE_OFFSET } from '../../native-layout/slot-descriptor.ts'
import { ACCESS_MAP } from './support/access-map.ts'
import { faultsOf } from './support/kernel-text.ts'
import { disassemble, foldText } from './support/wabt-text.ts'

const KERNEL_TEXT = readFileSync(new URL('../../build/kernel.wat', import.meta.url), 'utf8')
const KERNEL_BYTES = readFileSync(new URL('../../dist/native-layout/kernel.wasm', import.meta.url))
const ACCESS = /[if]\d\d\.(?:atomic\.)?(?:load|store|rmw)[\w.]*(?: offset=\d+)?/g

const MEMORY = '(import "env" "memory" (memory 1 65536 shared))'

/** A module with one function, whose parameter 0 is an address. */
function moduleWith(body: string, beside = ''): string {
  return foldText(`(module ${MEMORY} ${beside} (func $f (param i32) ${body}))`)
}

describe('the compiled kernel', () => {
  it('accesses shared bytes atomically, and has no static data and no import but its memory', () => {
    expect(faultsOf(foldText(KERNEL_TEXT), ACCESS_MAP)).toEqual([])
  })

  it('is the one whose text is checked', () => {
    const shipped = disassemble(KERNEL_BYTES).match(ACCESS)
    expect(shipped).toEqual(foldText(KERNEL_TEXT).match(ACCESS))
    expect(shipped?.length).toBeGreaterThan(100)
  })

  it('would be refused for each atomic load or store of a field that became plain', () => {
    const atomic = /\b(i32|i64)\.atomic\.(load|store)(32_u|32)?(?= offset=)/g
    const plain = KERNEL_TEXT.replace(atomic, '$1.$2$3')
    const accessCount = KERNEL_TEXT.match(atomic)?.length ?? 0
    expect(accessCount).toBeGreaterThan(100)
    expect(faultsOf(foldText(plain), ACCESS_MAP)).toHaveLength(accessCount)
  })
})

describe('a planted fault', () => {
  it.each([
    ['a plain load at offset 8', '(drop (i64.load offset=8 (local.get 0)))'],
    ['a plain store at offset 8', '(i64.store offset=8 (local.get 0) (i64.const 1))'],
    ['a plain load of half a field', '(drop (i32.load offset=12 (local.get 0)))'],
    ['a plain load of a byte of a field', '(drop (i32.load8_u offset=15 (local.get 0)))'],
    ['a wide load that reaches into a field', '(drop (i64.load offset=4 (local.get 0)))'],
    [
      'an offset that is added to the address',
      `(drop (i64.load (i32.add (local.get 0) (i32.const ${CELL_VALUE_OFFSET}))))`,
    ],
    [
      'an offset that is partly added to the address',
      '(drop (i64.load offset=8 (local.tee 0 (i32.add (i32.const 8) (local.get 0)))))',
    ],
    [
      'an offset that is partly taken away again',
      '(drop (i64.load offset=32 (i32.sub (local.get 0) (i32.const 8))))',
    ],
  ])('is found: %s', (_, body) => {
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([
      expect.stringMatching(/^\$f: i(32|64)\.(load|store)\w* at the shared offset \d+$/),
    ])
  })

  it.each([
    ['the clock', `(drop (i64.load (i32.const ${CLOCK_OFFSET})))`],
    ['the clock by an offset', `(drop (i64.load offset=${CLOCK_OFFSET} (i32.const 0)))`],
    ['bytes of the header that nobody owns', '(i32.store (i32.const 4200) (i32.const 1))'],
    ['static memory', '(i32.store (i32.const 1024) (i32.const 1))'],
  ])('is found: a plain access to %s', (_, body) => {
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([
      expect.stringMatching(/ at address \d+, which is no immutable field of the header$/),
    ])
  })

  it.each([
    ['slot table', SLOT_TABLE_ADDRESS],
    ['page table', PAGE_TABLE_ADDRESS],
    ['closed map', 4480],
  ])('is found: a plain load from the %s', (_, address) => {
    const body = `(drop (i32.load (i32.add (local.get 0) (i32.const ${address}))))`
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([
      `$f: i32.load at the shared address ${address}, indexed`,
    ])
  })

  it.each([
    ['at the offset of an atomic field', `(drop (f64.load offset=8 (local.get 0)))`],
    ['from an address that is computed', '(drop (f64.load (local.get 0)))'],
    ['of half a word', `(drop (f32.load offset=${SLOT_VALUE_OFFSET + 4} (local.get 0)))`],
  ])('is found: a load of a float %s', (_, body) => {
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([
      expect.stringMatching(/^\$f: f(32|64)\.load at/),
    ])
  })

  it.each([
    ['a data segment', '(data (i32.const 1024) "text")', '', 'a data segment'],
    ['an import', '', '(import "env" "abort" (func))', 'import "env"."abort"'],
  ])('is found: %s', (_, segment, imported, fault) => {
    const text = foldText(`(module ${MEMORY} ${imported} ${segment})`)
    expect(faultsOf(text, ACCESS_MAP)).toEqual([fault])
  })

  it.each([
    ['memory.grow', '(drop (memory.grow (i32.const 1)))'],
    ['atomic.fence', '(atomic.fence)'],
    [
      'memory.atomic.wait32',
      '(drop (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const 0)))',
    ],
  ])('is found: %s', (instruction, body) => {
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([`$f: ${instruction}`])
  })
})

describe('the checker', () => {
  it.each([
    ['an atomic load at offset 8', '(drop (i64.atomic.load offset=8 (local.get 0)))'],
    ['a plain load of a private field', `(drop (i32.load offset=${SLOT_ID_OFFSET} (local.get 0)))`],
    ['a float in a private field', `(drop (f64.load offset=${SLOT_VALUE_OFFSET} (local.get 0)))`],
    [
      'an immutable field of the header',
      `(drop (i32.load (i32.const ${HEADER_PAGE_COUNT_OFFSET})))`,
    ],
    ['a computed address, of which it knows nothing', '(drop (i64.load (local.get 0)))'],
  ])('lets pass %s', (_, body) => {
    expect(faultsOf(moduleWith(body), ACCESS_MAP)).toEqual([])
  })
})

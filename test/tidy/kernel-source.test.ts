import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { functionsOf } from './support/functions.ts'
import { accessesOf, faultOfAccess } from './support/source-access.ts'
import { codeIn, textOf } from './support/tree.ts'

const KERNEL_FUNCTION_LINES_MAX = 70
const DESCRIPTOR = /^native-layout\/(?:[\w-]+-descriptor|status-codes)(?:\.ts)?$/
const IMPORT = /(?:^|\n)(?:import|export)\b[^'"]*?from '([^']+)'/g

const KERNEL = codeIn('native-layout/kernel')
const DESCRIPTORS = codeIn('native-layout').filter((path) => DESCRIPTOR.test(path))

/** What a file imports, by the path from the root, or by the name of the package. */
function importsOf(path: string): string[] {
  return [...textOf(path).matchAll(IMPORT)].map(([, target = '']) =>
    target.startsWith('.') ? join(dirname(path), target) : target,
  )
}

describe('imports in native-layout', () => {
  it('of a descriptor are descriptors', () => {
    expect(DESCRIPTORS.length).toBeGreaterThan(10)
    const others = DESCRIPTORS.flatMap(importsOf).filter((target) => !DESCRIPTOR.test(target))
    expect(others).toEqual([])
  })

  it('of the kernel are descriptors and the kernel', () => {
    const imports = KERNEL.flatMap(importsOf)
    expect(imports.length).toBeGreaterThan(50)
    const isKernel = (target: string) => /^native-layout\/kernel\/[\w-]+$/.test(target)
    expect(imports.filter((target) => !DESCRIPTOR.test(target) && !isKernel(target))).toEqual([])
  })

  it('of everything else stay in the folder', () => {
    const others = codeIn('native-layout').filter((path) => !path.includes('/kernel/'))
    const outside = others.flatMap(importsOf).filter((path) => !path.startsWith('native-layout/'))
    expect(outside).toEqual([])
  })
})

describe('the functions of the kernel', () => {
  const functions = KERNEL.flatMap((path) => functionsOf(textOf(path)))

  it(`have fewer than ${KERNEL_FUNCTION_LINES_MAX} lines`, () => {
    expect(functions.length).toBeGreaterThan(80)
    const long = functions.filter(({ lineCount }) => lineCount >= KERNEL_FUNCTION_LINES_MAX)
    expect(long).toEqual([])
  })

  it('are all seen: there are as many as there are function keywords', () => {
    const keywords = KERNEL.flatMap((path) => textOf(path).match(/^(?:export )?function /gm) ?? [])
    expect(functions).toHaveLength(keywords.length)
  })
})

describe('an access in the source of the kernel', () => {
  it('to a field has the width of the field, and is atomic when the field is shared', () => {
    const accesses = KERNEL.flatMap((path) => accessesOf(textOf(path)))
    expect(accesses.filter(({ field }) => field !== undefined).length).toBeGreaterThan(150)
    const faults = accesses.map(faultOfAccess).filter((fault) => fault !== undefined)
    expect(faults).toEqual([])
  })

  it.each([
    ['load<u64>(cell, CELL_WORD_OFFSET)', 'CELL_WORD_OFFSET is shared: access it atomically'],
    [
      'store<u32>(a(b, c), (d), THREAD_WAIT_OFFSET)',
      'THREAD_WAIT_OFFSET is shared: access it atomically',
    ],
    ['atomic.load<u32>(slot, SLOT_ID_OFFSET)', 'SLOT_ID_OFFSET is private: access it plainly'],
    ['atomic.load<u32>(cell, CELL_WORD_OFFSET)', 'CELL_WORD_OFFSET has 8 bytes, not the 4 of u32'],
    ['load<u64>(slot, SLOT_ID_OFFSET)', 'SLOT_ID_OFFSET has 4 bytes, not the 8 of u64'],
    [
      'atomic.load<u64>(0, CLOSED_MAP_OFFSET + 4)',
      'CLOSED_MAP_OFFSET + 4 is not one of its elements',
    ],
  ])('is refused: %s', (code, fault) => {
    expect(accessesOf(code).map(faultOfAccess)).toEqual([fault])
  })
})

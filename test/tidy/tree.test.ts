import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { functionsOf } from './support/functions.ts'
import { CODE_FILES, codeIn, FILES, isText, textOf, withoutComments } from './support/tree.ts'

const FILE_LINES_MAX = 500
const WORKER_LINES_MAX = 50
const FUNCTION_LINES_MAX = 70

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d|test-d))?\.(ts|mjs|cjs|js)$/
const EMPTY_WORD = /(^|[-/])(utils?|helpers?|manager|impl|common|misc)([-./]|$)/

/** Spelled in parts, so that this file does not hold them. */
const MARKS = new RegExp(
  `\\b(${['TO', 'FIX', 'XX'].map((a, at) => a + ['DO', 'ME', 'X'][at]).join('|')})\\b`,
)
const ANY = /(?::|\bas|[<|&])\s*any\b|\bany\[\]/
const SUPPRESSION = /@ts-(ignore|expect-error|nocheck)/
const MACHINE_PATH = /(?<![\w.-])(?:\/(?:home|root|Users|work|mnt)\/|[A-Z]:\\Users)/
const REGISTRY = /\bregistry\.[a-z0-9-]+\.[a-z]+|\b(artifactor[y]|verdacci[o])\b/i
const PRIVATE_HOST = /https?:\/\/(?:[\w.-]+\.(?:internal|corp|lan)\b|(?!127\.)\d+\.\d+\.\d+\.\d+)/

function lineCountOf(path: string): number {
  return textOf(path).split('\n').length - 1
}

/** `path:line` of each line that a pattern is found in. */
function findIn(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}`] : [])),
  )
}

describe('a file of code', () => {
  it(`has at most ${FILE_LINES_MAX} lines`, () => {
    expect(CODE_FILES.filter((path) => lineCountOf(path) > FILE_LINES_MAX)).toEqual([])
  })

  it(`has at most ${WORKER_LINES_MAX} lines when it is the entry of a thread`, () => {
    const entries = codeIn('workers')
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.filter((path) => lineCountOf(path) > WORKER_LINES_MAX)).toEqual([])
  })

  it(`has functions of at most ${FUNCTION_LINES_MAX} lines`, () => {
    const long = CODE_FILES.flatMap((path) =>
      functionsOf(textOf(path))
        .filter(({ lineCount }) => lineCount > FUNCTION_LINES_MAX)
        .map(({ name, lineCount }) => `${path}: ${name} has ${lineCount} lines`),
    )
    expect(long).toEqual([])
  })

  it('is named with lower-case words and hyphens', () => {
    expect(CODE_FILES.filter((path) => !NAME.test(basename(path)))).toEqual([])
  })

  it('has a name that says something, as its folder has', () => {
    expect(CODE_FILES.filter((path) => EMPTY_WORD.test(path))).toEqual([])
    expect(EMPTY_WORD.test('src/values/string-utils.ts')).toBe(true)
    expect(EMPTY_WORD.test('src/helpers/key.ts')).toBe(true)
  })

  it('of the product has no any and silences no type error', () => {
    const product = ['src', 'workers', 'native-layout'].flatMap(codeIn)
    expect(product.filter((path) => ANY.test(withoutComments(textOf(path))))).toEqual([])
    expect(findIn(product, SUPPRESSION)).toEqual([])
    expect(ANY.test('const list = [] as any')).toBe(true)
  })
})

describe('a file of the project', () => {
  const texts = FILES.filter(isText)

  it('has no mark of unfinished work', () => {
    expect(findIn(texts, MARKS)).toEqual([])
    expect(MARKS.test(`// ${['TO', 'DO'].join('')}: later`)).toBe(true)
  })

  it('names no folder of a machine, no registry and no private host', () => {
    expect(findIn(texts, MACHINE_PATH)).toEqual([])
    expect(findIn(texts, REGISTRY)).toEqual([])
    expect(findIn(texts, PRIVATE_HOST)).toEqual([])
  })

  it('lies in a folder with a name of lower-case words and hyphens', () => {
    const folders = new Set(FILES.map(dirname))
    expect([...folders].filter((folder) => /[A-Z_ ]/.test(folder))).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { codeIn, textOf } from './support/tree.ts'

const DOCS = textOf('docs/errors.md')
const SECTION =
  /^## (?<code>\w+)\n\nClass: `(?<name>\w+)`[^.]*\. Retry: (?<retry>[^.]+)\.\n\nWhen: [\s\S]+?\n\nWhat to do: /gm
const SOURCES = codeIn('src/errors').map(textOf).join('\n')

const codes = [...textOf('src/errors/khonsu-error.ts').matchAll(/\| '(KHONSU_\w+)'/g)].map(
  ([, code]) => code,
)
const sections = [...DOCS.matchAll(SECTION)].map(({ groups }) => ({ ...groups }))

describe('docs/errors.md', () => {
  it('has one section for each code, in the order of the alphabet', () => {
    expect(codes.length).toBeGreaterThan(15)
    expect(sections.map(({ code }) => code)).toEqual([...codes].sort())
    expect(DOCS.match(/^## /gm)).toHaveLength(codes.length)
  })

  it('names the class that a code has', () => {
    const table = /const CLASS_OF_CODE[^{]*\{([^}]*)\}/.exec(SOURCES)?.[1] ?? ''
    const classes = [...table.matchAll(/(KHONSU_\w+): (\w+)/g)].map(([, code, name]) => ({
      code,
      name,
    }))
    expect(sections.map(({ code, name }) => ({ code, name }))).toEqual(classes)
  })

  it('names only classes that are public', () => {
    const index = textOf('src/index.ts')
    for (const { name = '' } of sections) expect(index).toMatch(new RegExp(`\\b${name}\\b`))
  })

  it('says that a retry helps when the error is retryable, and only then', () => {
    const fixed = [...SOURCES.matchAll(/'(KHONSU_\w+)',\s+(true|false),/g)]
    expect(fixed.length).toBeGreaterThan(10)
    for (const [, code, retryable] of fixed) {
      const retry = sections.find((section) => section.code === code)?.retry
      expect(retry === 'yes', code).toBe(retryable === 'true')
    }
  })
})

import { expect, test } from 'vitest'
import { textOf } from './support/tree.ts'

interface PublicName {
  readonly name: string
  readonly path: string
}

/** The files that a user can import from: names from other files, and nothing else. */
const ENTRIES: readonly (readonly [path: string, nameCountMin: number])[] = [
  ['src/index.ts', 30],
  ['src/arrow-exchange.ts', 5],
  ['src/history.ts', 10],
  ['src/testing.ts', 10],
]
const EXPORT = /export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g
const DECLARATION = '(?:abstract )?(?:async )?(?:class|function\\*?|const|interface|type)'

function publicNames(entry: string): PublicName[] {
  return [...textOf(entry).matchAll(EXPORT)].flatMap(([, names = '', path = '']) =>
    names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => ({ name, path: `src/${path}` })),
  )
}

/** The comment right before the first declaration of a name, or undefined. */
function commentOf({ name, path }: PublicName): string | undefined {
  const declaration = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport ${DECLARATION} ${name}\\b`,
  )
  return declaration.exec(textOf(path))?.[1]
}

test.each(ENTRIES)('%s exports names from other files, and holds nothing else', (path, count) => {
  const rest = textOf(path)
    .replace(EXPORT, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
  expect(rest.trim()).toBe('')
  expect(publicNames(path).length).toBeGreaterThan(count)
})

test('every entry of the package is known here', () => {
  const { exports } = JSON.parse(textOf('package.json'))
  const entries = Object.values<{ types?: string }>(exports).flatMap(({ types }) => types ?? [])
  const paths = entries.map((types) => types.replace('./dist/', '').replace('.d.ts', '.ts'))
  expect(paths).toEqual(ENTRIES.map(([path]) => path))
})

test.each(ENTRIES)('every public name of %s has a comment of at least one sentence', (path) => {
  const bare = publicNames(path).filter((name) => !/[.:]/.test(commentOf(name) ?? ''))
  expect(bare).toEqual([])
})

test('a name without a comment is found', () => {
  expect(commentOf({ name: 'KhonsuError', path: 'src/errors/khonsu-error.ts' })).toMatch(/code/)
  expect(commentOf({ name: 'MARK_MISSING', path: 'src/errors/khonsu-error.ts' })).toBeUndefined()
})

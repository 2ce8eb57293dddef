import { expect, test } from 'vitest'
import { textOf } from './support/tree.ts'

interface PublicName {
  readonly name: string
  readonly path: string
}

const EXPORT = /export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g
const DECLARATION = '(?:abstract )?(?:async )?(?:class|function\\*?|const|interface|type)'

function publicNames(): PublicName[] {
  return [...textOf('src/index.ts').matchAll(EXPORT)].flatMap(([, names = '', path = '']) =>
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

test('src/index.ts exports names from other files, and holds nothing else', () => {
  const rest = textOf('src/index.ts')
    .replace(EXPORT, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
  expect(rest.trim()).toBe('')
  expect(publicNames().length).toBeGreaterThan(30)
})

test('every public name has a comment of at least one sentence', () => {
  const bare = publicNames().filter((name) => !/[.:]/.test(commentOf(name) ?? ''))
  expect(bare).toEqual([])
})

test('a name without a comment is found', () => {
  expect(commentOf({ name: 'KhonsuError', path: 'src/errors/khonsu-error.ts' })).toMatch(/code/)
  expect(commentOf({ name: 'MARK_MISSING', path: 'src/errors/khonsu-error.ts' })).toBeUndefined()
})

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CODE = /\.(ts|mjs|cjs|js)$/
const NUL = '\0'

function listFiles(): string[] {
  const kinds = ['--cached', '--others', '--exclude-standard']
  const names = execFileSync('git', ['ls-files', '-z', ...kinds], { cwd: ROOT, encoding: 'utf8' })
  return [...new Set(names.split(NUL))].filter(
    (path) => path !== '' && existsSync(join(ROOT, path)),
  )
}

/** Every file of the project that git does not ignore, by its path from the root. */
export const FILES: readonly string[] = listFiles()

/** The files that hold code. */
export const CODE_FILES: readonly string[] = FILES.filter((path) => CODE.test(path))

/** The files of code in a folder, and in those below it. */
export function codeIn(folder: string): readonly string[] {
  return CODE_FILES.filter((path) => path.startsWith(`${folder}/`))
}

/** The text of a file. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Whether a file holds text. */
export function isText(path: string): boolean {
  return !textOf(path).includes(NUL)
}

/** Code without its comments. */
export function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

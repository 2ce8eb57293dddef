/**
 * Compiles the kernel: `dist/native-layout/kernel.wasm` is shipped, `build/kernel.wat` is its text
 * form for the tidy tests. With `--hooked` also `dist/native-layout/kernel-hooked.wasm`, which only
 * `khonsu/testing` and `khonsu bench deaths` load. Does nothing when all are newer than everything they are made from.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileKernel } from './kernel-compiler.mjs'
import { assemble, hookText } from './kernel-hooks.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WASM = 'dist/native-layout/kernel.wasm'
const WAT = 'build/kernel.wat'
const HOOKED_WASM = 'dist/native-layout/kernel-hooked.wasm'
const SOURCES = 'native-layout'
const SCRIPTS = ['build-kernel.mjs', 'kernel-compiler.mjs', 'kernel-hooks.mjs']

const isHooked = process.argv.includes('--hooked')

/** @param {string} path */
function modifiedMs(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function isUpToDate() {
  // Folders are listed too: their time moves when a file in them is deleted.
  const sources = readdirSync(join(ROOT, SOURCES), { recursive: true, encoding: 'utf8' })
  const inputs = [
    ...['package-lock.json', SOURCES],
    ...SCRIPTS.map((name) => join('scripts', name)),
    ...sources.map((name) => join(SOURCES, name)),
  ]
  const outputs = isHooked ? [WASM, WAT, HOOKED_WASM] : [WASM, WAT]
  return Math.min(...outputs.map(modifiedMs)) > Math.max(...inputs.map(modifiedMs))
}

if (!isUpToDate()) {
  const messages = await compileKernel(ROOT, { wasm: WASM, wat: WAT })
  if (messages !== '') {
    process.stderr.write(messages)
    process.exitCode = 1
  } else if (isHooked) {
    const hooked = await assemble(hookText(readFileSync(join(ROOT, WAT), 'utf8')))
    writeFileSync(join(ROOT, HOOKED_WASM), hooked)
  }
}

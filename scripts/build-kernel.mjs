/**
 * Compiles the kernel: `dist/native-layout/kernel.wasm` is shipped, `build/kernel.wat` is its text
 * form for the tidy tests. Does nothing when both are newer than everything they are made from.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ENTRY = 'native-layout/kernel/index.ts'
const WASM = 'dist/native-layout/kernel.wasm'
const WAT = 'build/kernel.wat'
const SOURCES = 'native-layout'

/** The largest memory that WebAssembly can address: 65536 pages are 4 GiB. */
const MAXIMUM_PAGES = '65536'

const FLAGS = [
  '-O3',
  ...['--runtime', 'stub'],
  ...['--enable', 'threads'],
  // A memory with initial = maximum = n pages fits every n between these two limits.
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', MAXIMUM_PAGES],
  // A failed assertion traps without a text: texts are static data, and the arena has room for none.
  ...['--use', 'abort='],
]

/** @param {string} path */
function modifiedMs(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function isUpToDate() {
  // Folders are listed too: their time moves when a file in them is deleted.
  const sources = readdirSync(join(ROOT, SOURCES), { recursive: true, encoding: 'utf8' })
  const inputs = [
    ...['scripts/build-kernel.mjs', 'package-lock.json', SOURCES],
    ...sources.map((name) => join(SOURCES, name)),
  ]
  return Math.min(...[WASM, WAT].map(modifiedMs)) > Math.max(...inputs.map(modifiedMs))
}

if (!isUpToDate()) {
  const files = [ENTRY, '--baseDir', ROOT, '--outFile', WASM, '--textFile', WAT]
  const { error, stderr } = await asc.main([...files, ...FLAGS])
  process.stderr.write(stderr.toString())
  if (error) process.exitCode = 1
}

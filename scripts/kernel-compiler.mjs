/** How the kernel is compiled: the same for the product, for the explorer, and with a seeded fault. */
import { join } from 'node:path'
import asc from 'assemblyscript/asc'

const ENTRY = 'native-layout/kernel/index.ts'

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

/**
 * Compiles `native-layout/kernel` of a folder. The messages of the compiler; empty when it is content.
 * @param {string} root the folder that holds native-layout
 * @param {{ wasm: string, wat: string }} outputs paths from there
 */
export async function compileKernel(root, outputs) {
  const files = ['--outFile', outputs.wasm, '--textFile', outputs.wat]
  const { error, stderr } = await asc.main([ENTRY, '--baseDir', root, ...files, ...FLAGS])
  if (error === null) return stderr.toString()
  return stderr.toString() || `${join(root, ENTRY)}: ${error.message}`
}

/**
 * Builds the kernel once for each seeded fault, and explores scenarios until one fails: if none does,
 * the explorer does not look where it should. `npm run test:faults -- PATTERN` takes the faults whose
 * name matches the regular expression.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Explorer } from 'khonsu/testing'
import { faults } from '../test/faults/faults.mjs'
import { scenarios } from '../test/interleaving/scenarios.mjs'
import { compileKernel } from './kernel-compiler.mjs'
import { assemble, hookText } from './kernel-hooks.mjs'

const SOURCES = fileURLToPath(new URL('../native-layout', import.meta.url))
const ELAPSED_MS_MAX = 60_000
const SAMPLE_COUNT = 300_000

/** @typedef {import('../test/faults/faults.mjs').Fault} Fault */

/**
 * Changes a source text.
 * @param {Fault} fault
 * @param {string} text
 */
function plant(fault, text) {
  return fault.changes.reduce((changed, [from, to]) => {
    const parts = changed.split(from)
    if (parts.length === 2) return parts.join(to)
    throw new Error(`${fault.name}: ${parts.length - 1} places in ${fault.file} read\n${from}`)
  }, text)
}

/**
 * Builds a kernel with the fault; the path of the hooked one.
 * @param {Fault} fault
 * @param {string} folder
 */
async function build(fault, folder) {
  cpSync(SOURCES, join(folder, 'native-layout'), { recursive: true })
  const path = join(folder, 'native-layout/kernel', fault.file)
  writeFileSync(path, plant(fault, readFileSync(path, 'utf8')))
  const messages = await compileKernel(folder, { wasm: 'kernel.wasm', wat: 'kernel.wat' })
  if (messages !== '') throw new Error(`${fault.name}:\n${messages}`)
  const hooked = join(folder, 'kernel-hooked.wasm')
  writeFileSync(hooked, await assemble(hookText(readFileSync(join(folder, 'kernel.wat'), 'utf8'))))
  return hooked
}

/**
 * Explores until a scenario fails; whether one did.
 * @param {Fault} fault
 * @param {string} kernel
 */
async function isFound(fault, kernel) {
  const startMs = performance.now()
  let scheduleCount = 0
  for (const name of fault.scenarios) {
    const scenario = scenarios.find((candidate) => candidate.name === name)
    if (scenario === undefined) throw new Error(`${fault.name}: there is no scenario "${name}"`)
    const explorer = await Explorer.open(scenario, { kernel })
    // What takes few preemptions is found at once, and what takes many by chance; then in earnest.
    const seed = fault.seed ?? 1
    const ways = [
      () => explorer.exhaust({ preemptions: 2, elapsedMsMax: left() }),
      () => explorer.sample({ seed, scheduleCount: SAMPLE_COUNT / 3, elapsedMsMax: left() }),
      () => explorer.exhaust({ elapsedMsMax: left() }),
      () => explorer.sample({ seed: seed + 1, scheduleCount: SAMPLE_COUNT, elapsedMsMax: left() }),
    ]
    const left = () => Math.max(1, ELAPSED_MS_MAX - (performance.now() - startMs))
    let failure
    let how = ''
    for (const [at, way] of ways.entries()) {
      const exploration = way()
      scheduleCount += exploration.scheduleCount
      failure = exploration.failure
      how = ['two preemptions', `seed ${seed}`, 'three preemptions', `seed ${seed + 1}`][at] ?? ''
      if (failure !== undefined) break
    }
    explorer[Symbol.dispose]()
    if (failure === undefined) continue
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    console.log(`found    ${fault.name}`)
    console.log(`         in "${name}", ${how}, schedule "${failure.schedule}"`)
    console.log(`         after ${scheduleCount} schedules, ${seconds} s: ${failure.reason}`)
    return true
  }
  console.log(`MISSED   ${fault.name}: ${scheduleCount} schedules of ${fault.scenarios.join(', ')}`)
  return false
}

const wanted = new RegExp(process.argv.slice(2).join(' '))
const chosen = faults.filter(({ name }) => wanted.test(name))
let missedCount = 0
for (const fault of chosen) {
  const folder = mkdtempSync(join(tmpdir(), 'khonsu-fault-'))
  try {
    if (!(await isFound(fault, await build(fault, folder)))) missedCount++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
console.log(`${chosen.length - missedCount} of ${chosen.length} faults found`)
process.exitCode = missedCount === 0 && chosen.length > 0 ? 0 : 1

/** Threads of the pool that end while they start: every call comes to an end, and says why. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const HOOK = new URL('./jobs/failing-start.mjs', import.meta.url).href
const PROGRAM = fileURLToPath(new URL('./jobs/started-pool.mjs', import.meta.url))
const TIMEOUT_MS = 15_000

/** What the calls of the program came to, when some threads end in some way while they start. */
async function outcomes(start: string): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', HOOK, PROGRAM], {
    env: { ...process.env, KHONSU_TEST_START: start },
    timeout: TIMEOUT_MS,
  })
  return JSON.parse(stdout)
}

const ALL = [0, 1]

describe('a pool', () => {
  it('runs tasks when all threads start', async () => {
    expect(await outcomes('throw at 1000')).toEqual([ALL, 'one', ALL, 'one'])
  })

  // Thread 1 is the coordinator, 2 and 3 are the pool's first.
  it('none of whose threads starts rejects every task', async () => {
    const exit = ['KHONSU_WORKER_LOST', 7, null]
    expect(await outcomes('exit from 2')).toEqual([
      expect.arrayContaining(['KHONSU_WORKER_LOST', 7]),
      exit,
      exit,
      exit,
    ])
    const error = ['KHONSU_WORKER_LOST', 1, 'not today']
    expect(await outcomes('throw from 2')).toEqual(['not today', error, error, error])
  })

  it.each(['throw', 'exit'])(
    'one of whose threads did not start begins again (%s)',
    async (how) => {
      const [all, ...later] = await outcomes(`${how} at 3`)
      expect(all).not.toEqual(ALL)
      expect(later).toEqual(['one', ALL, 'one'])
    },
  )

  it('one of whose threads never starts rejects what needs them all', async () => {
    const [all, , again] = await outcomes('exit from 3')
    for (const outcome of [all, again]) expect(outcome).toContain('KHONSU_WORKER_LOST')
  })
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

const PROGRAM = `
  import { Khonsu } from 'khonsu'
  const khonsu = await Khonsu.open({ workers: 1, memory: 16 * 2 ** 20 })
  console.log(khonsu.transact((tx) => tx.update('a', (old) => Number(old ?? 0) + 1)))
  await khonsu.close()
`

/** A store opened, used and closed by a process that was started with these arguments. */
async function output(args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [...args, '--eval', PROGRAM], {
    cwd: new URL('../../..', import.meta.url),
  })
  return stdout.trim()
}

it('opens a store in a program that came by --eval, with options of V8 and of Node', async () => {
  expect(await output(['--input-type=module'])).toBe('1')
  expect(await output(['--input-type=module', '--max-old-space-size=256', '--no-warnings'])).toBe(
    '1',
  )
})

it('opens a store in a file that was started with options of V8', async () => {
  const file = new URL('workers/opens.mjs', import.meta.url).pathname
  const args = ['--max-old-space-size=256', '--stack-size=900', '--no-warnings', file]
  const { stdout } = await run(process.execPath, args)
  expect(stdout.trim()).toBe('1')
})

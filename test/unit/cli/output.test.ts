/** Where the command line writes: files that are whole, what is no file, and what cannot be written. */
import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { khonsu, MAIN } from '../../support/cli.ts'

const BENCH = ['bench', 'footprint', '--cells', '1000', '--json']

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khonsu-output-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a report', () => {
  it('is written to what a link refers to', async () => {
    const link = join(folder, 'link.json')
    symlinkSync(join(folder, 'real.json'), link)
    expect((await khonsu(...BENCH, join(folder, 'real.json'))).code).toBe(0)
    expect((await khonsu(...BENCH, link)).code).toBe(0)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(JSON.parse(readFileSync(link, 'utf8'))).toMatchObject({ workload: 'footprint' })
  })

  it('goes through a pipe, which stays one', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const reader = new Promise<string>((resolve) => {
      execFile('cat', [pipe], (_, stdout) => resolve(stdout))
    })
    expect((await khonsu(...BENCH, pipe)).code).toBe(0)
    expect(JSON.parse(await reader)).toMatchObject({ workload: 'footprint' })
    expect(lstatSync(pipe).isFIFO()).toBe(true)
  })

  it.each([
    ['a folder', (): string => folder, 'it is a folder'],
    ['nowhere', (): string => join(folder, 'none', 'a.json'), 'the folder does not exist'],
  ])('for %s is refused before the run', async (_, path, reason) => {
    const ended = await khonsu(...BENCH, path())
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(`${reason}; choose another place with --json`)
  })
})

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it('behind the standard output is said in one line', () => {
    const full = openSync('/dev/full', 'w')
    const call = (): unknown =>
      execFileSync(process.execPath, [MAIN, '--help'], { stdio: ['ignore', full, 'pipe'] })
    expect(call).toThrow(
      expect.objectContaining({
        status: 1,
        stderr: Buffer.from('error: cannot write the output: the disk is full\n'),
      }),
    )
  })
})

/** `khonsu check` as a shell sees it: text, JSON, exit codes, messages, and Ctrl-C. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { khonsu, MAIN } from '../../support/cli.ts'
import { readEdn } from '../../support/edn.ts'

const check = (...args: string[]) => khonsu('check', ...args)

let folder: string
let skewed: string

const header = (isolation: string): string =>
  `{"format":"khonsu-history","version":1,"run":"r","thread":1,"isolation":"${isolation}",` +
  '"onConflict":"fail","clockNs":"1"}\n{"key":0,"name":"x"}\n{"key":1,"name":["y",2]}\n'

function attempt(id: number, written: number, name: string): string {
  const operations = `[["r",0,0],["r",1,0],["w",${written},${id + 10}]]`
  return (
    `{"attempt":${id},"end":"committed","beganNs":1,"endedNs":9,"timestamp":3,"name":"${name}",` +
    `"operations":${operations}}\n`
  )
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khonsu-check-'))
  skewed = join(folder, 'skewed.ndjson')
  const both = attempt(1, 0, 'left') + attempt(2, 1, 'right')
  writeFileSync(skewed, `${header('repeatable-read')}${both}{"attempts":2}\n`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('khonsu check', () => {
  it('passes what the level of the recording allows, and names it', async () => {
    const { code, stdout, stderr } = await check(skewed)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      '2 transactions, 2 committed; 2 keys, 4 reads, 2 writes',
      'recorded at repeatable-read',
      '',
      'G2-item, once, allowed: write skew: a cycle with two antidependencies in a row',
      expect.stringMatching(/^ {2}T1 is transaction 0\.\d "(left|right)", committed at 3$/),
      expect.stringMatching(/^ {2}T2 is transaction 0\.\d "(left|right)", committed at 3$/),
      expect.stringMatching(/^ {2}T1 -rw-> T2: T1 read ("x"|\["y",2\]) as it was before the/),
      expect.stringMatching(/^ {2}T2 -rw-> T1: T2 read ("x"|\["y",2\]) as it was before the/),
      '',
      'The history satisfies repeatable-read. Passed: repeatable-read allows this.',
      '',
    ])
  })

  it('fails with 1 what the level that was asked for does not allow', async () => {
    const { code, stdout } = await check('--level', 'serializable', skewed)
    expect(code).toBe(1)
    expect(stdout).toContain('G2-item, once, NOT ALLOWED')
    expect(stdout).toMatch(/FAILED: serializable does not allow G2-item\.\n$/)
  })

  it('counts the order of real time where it was promised or is asked for', async () => {
    const path = join(folder, 'past.ndjson')
    const past =
      `${header('serializable').replace('"version":1', '"version":3')}` +
      '{"attempt":1,"end":"committed","beganNs":1,"endedNs":2,"timestamp":1,"operations":[["w",0,11]]}\n' +
      '{"attempt":2,"end":"committed","beganNs":3,"endedNs":4,"timestamp":0,"operations":[["r",0,0]]}\n' +
      '{"attempts":2}\n'
    writeFileSync(path, past)
    const recorded = await check(path)
    expect(recorded.code).toBe(0)
    expect(recorded.stdout).toContain('G-single-realtime, once, allowed: a read of the past')
    const satisfied = 'The history satisfies serializable.'
    expect(recorded.stdout).toContain(`${satisfied} Passed: serializable allows this.\n`)
    const strict = await check('--level=strict-serializable', path)
    expect(strict.code).toBe(1)
    const failed = 'FAILED: strict-serializable does not allow G-single-realtime.'
    expect(strict.stdout).toContain(`${satisfied} ${failed}\n`)
  })

  it('writes the report as JSON to stdout, or to a file', async () => {
    const { code, stdout } = await check('--json', '--level=serializable', skewed)
    expect(code).toBe(1)
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({
      passed: false,
      checkedAt: 'serializable',
      satisfies: 'repeatable-read',
      anomalies: [{ class: 'G2-item', allowed: false }],
    })
    const path = join(folder, 'report.json')
    await check('--level', 'serializable', skewed, '--json', path)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(report)
  })

  it('writes the history as EDN, also when the level does not allow it', async () => {
    const path = join(folder, 'history.edn')
    expect(await check('--edn', path, '--level', 'serializable', skewed)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FAILED'),
      stderr: '',
    })
    expect(readEdn(readFileSync(path, 'utf8'))).toMatchObject([
      { ':index': 0, ':type': ':invoke', ':process': 0 },
      { ':index': 1, ':type': ':invoke', ':process': 1 },
      {
        ':type': ':ok',
        ':value': [
          [':r', 'x', null],
          [':r', ['y', 2], null],
          [':w', 'x', 11],
        ],
      },
      {
        ':type': ':ok',
        ':value': [
          [':r', 'x', null],
          [':r', ['y', 2], null],
          [':w', ['y', 2], 12],
        ],
      },
    ])
  })

  it.each([
    ['a folder that is not there', 'none/history.edn', /the folder does not exist; .* --edn\n$/],
    ['a folder', 'taken', /cannot write to .*taken: it is a folder; .* --edn\n$/],
  ])('says why EDN cannot be written to %s, and leaves nothing', async (_, name, message) => {
    const own = join(folder, 'edn')
    mkdirSync(join(own, 'taken'), { recursive: true })
    const { code, stderr } = await check('--edn', join(own, name), skewed)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(readdirSync(own)).toEqual(['taken'])
  })

  it('says what Elle does not know, and leaves nothing', async () => {
    const path = join(folder, 'deleted.ndjson')
    const deleted = attempt(1, 0, 'gone').replace('["w"', '["d"')
    writeFileSync(path, `${header('serializable')}${deleted}{"attempts":1}\n`)
    const edn = join(folder, 'deleted.edn')
    const { code, stderr } = await check('--edn', edn, path)
    expect(code).toBe(1)
    expect(stderr).toMatch(/"x" is deleted, and Elle .* \(KHONSU_HISTORY_UNEXPORTABLE\)\n$/)
    expect(readdirSync(folder).filter((name) => name.startsWith('deleted.edn'))).toEqual([])
  })

  it('takes a file that is named twice once', async () => {
    expect(await check(skewed, skewed)).toMatchObject({ code: 0 })
  })

  it.each([
    ['a missing file', ['none.ndjson'], 1, /^error: none\.ndjson: .*ENOENT.*KHONSU_HISTORY_UNREAD/],
    ['a folder', ['.'], 1, /^error: \.: the file cannot be read: .*EISDIR/],
    ['another file', [MAIN], 1, /main\.js:1: .*KHONSU_HISTORY_FOREIGN\)\n$/],
    ['no file', [], 2, /missing required argument 'file'/],
    ['an unknown level', ['--level', 'snapshot', 'x'], 2, /Allowed choices are read-committed, /],
    ['EDN without a file', ['x', '--edn'], 2, /option '--edn <file>' argument missing/],
    ['an unknown option', ['--fast', 'x'], 2, /unknown option '--fast'/],
  ])('says what is wrong with %s', async (_, args, code, message) => {
    const ended = await check(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toMatch(/\n {4}at /)
  })

  it('reads a file without its end only when that is allowed', async () => {
    const path = join(folder, 'cut.ndjson')
    writeFileSync(path, readFileSync(skewed, 'utf8').slice(0, -20))
    expect(await check(path)).toMatchObject({ code: 1, stderr: expect.stringMatching(/--partial/) })
    expect(await check('--partial', path)).toMatchObject({ code: 0 })
  })

  it('explains itself', async () => {
    const { code, stdout } = await check('--help')
    expect(code).toBe(0)
    for (const word of ['--level', '--partial', '--json', '--edn <file>', 'Exit codes']) {
      expect(stdout).toContain(word)
    }
  })

  it('ends with 130 at Ctrl-C', async () => {
    const path = join(folder, 'long.ndjson')
    const file = openSync(path, 'w')
    writeSync(file, header('serializable'))
    // Seconds of work, of which only a part is waited for.
    for (let chunk = 0; chunk < 400; chunk++) {
      const ids = Array.from({ length: 2_000 }, (_, i) => 100 * (chunk * 2_000 + i + 1))
      writeSync(file, ids.map((id) => attempt(id, 0, 'x')).join(''))
    }
    const child = spawn(process.execPath, [MAIN, 'check', path], { stdio: 'pipe' })
    const exit = once(child, 'exit')
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += String(data)
    })
    setTimeout(() => child.kill('SIGINT'), 400)
    const [code, signal] = await exit
    // A slow start takes the signal before there is a handler.
    if (signal !== 'SIGINT')
      expect({ code, stderr }).toEqual({ code: 130, stderr: 'interrupted\n' })
  })
})

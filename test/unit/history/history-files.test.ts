/** Files that are not what they should be are refused with a code, the place and a remedy. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkHistoryFiles, recordHistory } from 'khonsu/history'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

let folder: string
let good: string
let lines: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khonsu-history-'))
  good = join(folder, 'good.ndjson')
  const header = {
    format: 'khonsu-history',
    version: 3,
    run: 'a run',
    thread: 1,
    isolation: 'strict-serializable',
    onConflict: 'fail',
    clockNs: '5',
  }
  const attempt = (id: number, timestamp: number, operations: unknown[]) => ({
    attempt: id,
    end: 'committed',
    beganNs: id,
    endedNs: id,
    timestamp,
    operations,
  })
  const write = attempt(1, 1, [
    ['r', 0, null],
    ['w', 0, 10],
    ['w', 1, 11],
  ])
  const read = attempt(2, 0, [['r', 0, 10]])
  lines = [
    header,
    { key: 0, name: ['account', 7] },
    { key: 1, name: 'total' },
    write,
    { key: 0, name: 'total' },
    attempt(3, 0, [['r', 0, 11]]),
    { key: 0, name: ['account', 7] },
    read,
    { attempts: 3 },
  ].map((line) => JSON.stringify(line))
  writeFileSync(good, `${lines.join('\n')}\n`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The path of a file with this content. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The good file with one line replaced. */
function withLine(index: number, change: (line: string) => string): string {
  return `${lines.map((line, at) => (at === index ? change(line) : line)).join('\n')}\n`
}

describe('checkHistoryFiles', () => {
  it('reads a file, where a number of a key may be given again', async () => {
    const report = await checkHistoryFiles([good])
    expect(report).toMatchObject({ passed: true, committed: 3, keys: 2, reads: 3, writes: 2 })
  })

  it.each([
    ['an empty file', '', 'KHONSU_HISTORY_TRUNCATED', undefined],
    ['a text', 'Dear reader,\n', 'KHONSU_HISTORY_FOREIGN', 1],
    ['bytes', new Uint8Array(5_000).fill(200), 'KHONSU_HISTORY_FOREIGN', 1],
    ['other JSON', '{"format":"something"}\n', 'KHONSU_HISTORY_FOREIGN', 1],
    ['JSON that is no object', '[1]\n', 'KHONSU_HISTORY_FOREIGN', 1],
    ['a later version', '{"format":"khonsu-history","version":4}\n', 'KHONSU_HISTORY_FOREIGN', 1],
    ['a header without its end', '{"format":"khonsu-his', 'KHONSU_HISTORY_TRUNCATED', undefined],
  ])('refuses %s', async (name, content, code, line) => {
    const path = file(`${name.replaceAll(' ', '-')}.ndjson`, content)
    const error = await rejectionOf(checkHistoryFiles([path]))
    expect(error).toMatchObject({ code, file: path, line, retryable: false })
    expect(error).toHaveProperty('message', expect.stringContaining(path))
  })

  it.each([
    ['a header without a run', 0, (line: string) => line.replace('a run', '')],
    [
      'a header with another level',
      0,
      (line: string) => line.replace('strict-serializable', 'none'),
    ],
    ['a line that is no JSON', 3, (line: string) => line.slice(0, 20)],
    ['a line that is unknown', 3, () => '{"what":1}'],
    ['a line of null', 3, () => 'null'],
    ['an attempt without an end', 3, (line: string) => line.replace('committed', 'maybe')],
    [
      'a timestamp that is none',
      3,
      (line: string) => line.replace('"timestamp":1', '"timestamp":-1'),
    ],
    [
      'an attempt that ends before it begins',
      3,
      (line: string) => line.replace('"endedNs":1', '"endedNs":0'),
    ],
    ['a key without a name', 3, (line: string) => line.replace('["w",0', '["w",9')],
    ['a write without a version', 3, (line: string) => line.replace('["w",0,10]', '["w",0,null]')],
    ['an unknown operation', 3, (line: string) => line.replace('["w",0', '["q",0')],
    ['a list that is none', 3, (line: string) => line.replace('["w",0,10]', '["l",0,10]')],
    ['a list of texts', 3, (line: string) => line.replace('["w",0,10]', '["l",0,["x"]]')],
    [
      'a list where a version belongs',
      3,
      (line: string) => line.replace('["w",0,10', '["w",0,[10]'),
    ],
    ['a key of another type', 1, (line: string) => line.replace('["account",7]', '{"a":1}')],
    ['a footer that counts otherwise', 8, () => '{"attempts":2}'],
  ])('refuses %s', async (name, index, change) => {
    const content = withLine(index, change)
    expect(content).not.toBe(readFileSync(good, 'utf8'))
    const path = file(`${name.replaceAll(' ', '-')}.ndjson`, content)
    const error = await rejectionOf(checkHistoryFiles([path], { partial: true }))
    expect(error).toMatchObject({ code: 'KHONSU_HISTORY_DAMAGED', line: index + 1 })
  })

  it('takes serializable as strict in files that could not say so', async () => {
    const levels = { 'strict-serializable': 0, serializable: 0 }
    for (const [version, name, recorded] of [
      [1, 'serializable', 'strict-serializable'],
      [2, 'serializable', 'strict-serializable'],
      [3, 'serializable', 'serializable'],
      [3, 'strict-serializable', 'strict-serializable'],
    ] as const) {
      const content = withLine(0, (line) =>
        line.replace('strict-serializable', name).replace('"version":3', `"version":${version}`),
      )
      const report = await checkHistoryFiles([file(`level-${version}.ndjson`, content)])
      expect(report.recordedAt).toMatchObject({ ...levels, [recorded]: 3 })
    }
    const strict = withLine(0, (line) => line.replace('"version":3', '"version":2'))
    expect(
      await rejectionOf(checkHistoryFiles([file('unknown-level.ndjson', strict)])),
    ).toMatchObject({
      code: 'KHONSU_HISTORY_DAMAGED',
      line: 1,
    })
  })

  it('reads the format as it was before there were lists, without lists', async () => {
    const old = (text: string) =>
      text.replace('"version":3', '"version":1').replace('strict-serializable', 'serializable')
    const path = file('old.ndjson', old(readFileSync(good, 'utf8')))
    expect(await checkHistoryFiles([path])).toMatchObject({ passed: true, committed: 3 })
    const appended = (line: string) => line.replace('["r",0,null],["w",0,10],', '["a",0,10],')
    const lists = file('old-lists.ndjson', old(withLine(3, appended)))
    expect(await rejectionOf(checkHistoryFiles([lists]))).toMatchObject({
      code: 'KHONSU_HISTORY_DAMAGED',
      line: 4,
    })
  })

  it('refuses a line after the footer', async () => {
    const path = file('after.ndjson', `${lines.join('\n')}\n{"attempts":3}\n`)
    expect(await rejectionOf(checkHistoryFiles([path]))).toMatchObject({
      code: 'KHONSU_HISTORY_DAMAGED',
      line: 10,
    })
  })

  it('refuses a file that ends early, at whatever byte, unless it may', async () => {
    const text = readFileSync(good, 'utf8')
    for (let length = (lines[0]?.length ?? 0) + 1; length < text.length; length += 7) {
      const path = file('cut.ndjson', text.slice(0, length))
      expect(await rejectionOf(checkHistoryFiles([path]))).toMatchObject({
        code: 'KHONSU_HISTORY_TRUNCATED',
        message: expect.stringContaining('--partial'),
      })
      expect(await checkHistoryFiles([path], { partial: true })).toMatchObject({ passed: true })
    }
  })

  it('refuses files of two runs, and one file twice', async () => {
    const other = file(
      'other.ndjson',
      withLine(0, (line) => line.replace('a run', 'another')),
    )
    for (const files of [
      [good, other],
      [good, good],
    ]) {
      expect(await rejectionOf(checkHistoryFiles(files))).toMatchObject({
        code: 'KHONSU_HISTORY_MISMATCH',
      })
    }
  })

  it('refuses a file that is not there', async () => {
    const error = await rejectionOf(checkHistoryFiles([join(folder, 'none.ndjson')]))
    expect(error).toMatchObject({ code: 'KHONSU_HISTORY_UNREADABLE', cause: { code: 'ENOENT' } })
  })

  it('stops when its signal says so', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const error = await rejectionOf(checkHistoryFiles([good], { signal }))
    expect(error).toMatchObject({ message: 'enough' })
  })

  it('counts the times of all files by one clock', async () => {
    // By its own clock the reader began first; by the shared one it began after the commit.
    const reader = [
      lines[0]?.replace('"clockNs":"5"', '"clockNs":"50"').replace('"thread":1', '"thread":2'),
      lines[1],
      (lines[7] ?? '')
        .replace('"attempt":2', '"attempt":77')
        .replace(',10]', ',null]')
        .replaceAll('Ns":2', 'Ns":0'),
      '{"attempts":1}',
    ].join('\n')
    const files = [good, file('reader.ndjson', `${reader}\n`)]
    const { anomalies, satisfies } = await checkHistoryFiles(files)
    expect(anomalies.map(({ class: name }) => name)).toEqual(['G-single-realtime'])
    expect(satisfies).toBe('serializable')
  })
})

describe('recordHistory', () => {
  it('writes files that can be read, with a new numbering when there are many keys', async () => {
    const khonsu = await openStore({ memory: 128 * 2 ** 20 })
    const path = join(folder, 'many.ndjson')
    const recorded = recordHistory(khonsu, { file: path })
    const keyCount = 66_000
    for (let first = 0; first < keyCount; first += 1_000) {
      recorded.transact((tx) => {
        for (let key = first; key < first + 1_000; key++) tx.set(key, key)
      })
    }
    recorded.transact((tx) => expect(tx.get(5)).toBe(5))
    recorded.transact((tx) => tx.set('5', 'another key'))
    recorded.transact((tx) => tx.set([5], 'a third one'))
    recorded.close()
    const report = await checkHistoryFiles([path])
    expect(report).toMatchObject({ passed: true, keys: keyCount + 2, committed: 69, reads: 1 })
  })

  it('refuses a path that cannot be written, before anything runs', async () => {
    const khonsu = await openStore()
    const path = join(folder, 'no', 'such', 'folder.ndjson')
    expect(thrownBy(() => recordHistory(khonsu, { file: path }))).toMatchObject({
      code: 'KHONSU_HISTORY_UNREADABLE',
      file: path,
    })
  })
})

/** A history as EDN says what happened, in the form and by the rules that Elle expects. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HistoryAttempt, historyAsEdn, recordHistory } from 'khonsu/history'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edn, readEdn } from '../../support/edn.ts'
import { openStore } from '../../support/store.ts'
import { rejectionOf } from '../../support/thrown.ts'
import { writtenHistory } from '../../support/written-history.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'khonsu-edn-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Event {
  readonly ':index': number
  readonly ':type': string
  readonly ':process': number
  readonly ':f': string
  readonly ':time': number
  readonly ':value': Edn
}

/** The events of the files, after the rules were checked that hold for all. */
async function eventsOf(files: readonly string[]): Promise<Event[]> {
  const chunks: string[] = []
  for await (const chunk of historyAsEdn(files)) chunks.push(chunk)
  const text = chunks.join('')
  const events = readEdn(text) as unknown as Event[]
  expect(text.split('\n')).toHaveLength(events.length + 1)
  const open = new Map<number, Event>()
  const gone = new Set<number>()
  let timeNs = 0
  for (const [index, event] of events.entries()) {
    const { ':type': type, ':process': process } = event
    expect(event).toMatchObject({ ':index': index, ':f': ':txn' })
    expect(event[':time']).toBeGreaterThanOrEqual(timeNs)
    timeNs = event[':time']
    expect(gone.has(process)).toBe(false)
    expect(open.has(process)).toBe(type !== ':invoke')
    if (type === ':invoke') open.set(process, event)
    else open.delete(process)
    if (type === ':info') gone.add(process)
  }
  expect(open.size).toBe(0)
  return events
}

/** A file with these attempts; keys are named as they are. */
function fileOf(name: string, attempts: readonly HistoryAttempt[]): string {
  const numbers = new Map<unknown, number>()
  const lines: unknown[] = [
    {
      format: 'khonsu-history',
      version: 2,
      run: 'a run',
      thread: 0,
      isolation: 'serializable',
      onConflict: 'fail',
      clockNs: '5',
    },
  ]
  for (const { id, operations, ...rest } of attempts) {
    for (const [, key] of operations) {
      if (numbers.has(key)) continue
      lines.push({ key: numbers.size, name: key })
      numbers.set(key, numbers.size)
    }
    const numbered = operations.map(([kind, key, result]) => [kind, numbers.get(key), result])
    lines.push({ attempt: id, ...rest, operations: numbered })
  }
  lines.push({ attempts: attempts.length })
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return path
}

const written = (name: string, text: string) => eventsOf([fileOf(name, writtenHistory(text))])

const brief = (events: readonly Event[]) =>
  events.map((event) => [event[':type'], event[':process'], event[':time'], event[':value']])

describe('historyAsEdn', () => {
  it('writes lists as appends and reads, in the order of time', async () => {
    const events = await written('lists', '1@1 lx ax1 lx1 [10,20]\n2@2 lx1 ax2 ly lx1,2 [30,40]')
    expect(brief(events)).toEqual([
      [
        ':invoke',
        0,
        0,
        [
          [':r', 'x', null],
          [':append', 'x', 24_001],
          [':r', 'x', null],
        ],
      ],
      [
        ':ok',
        0,
        10,
        [
          [':r', 'x', []],
          [':append', 'x', 24_001],
          [':r', 'x', [24_001]],
        ],
      ],
      [
        ':invoke',
        0,
        20,
        [
          [':r', 'x', null],
          [':append', 'x', 24_002],
          [':r', 'y', null],
          [':r', 'x', null],
        ],
      ],
      [
        ':ok',
        0,
        30,
        [
          [':r', 'x', [24_001]],
          [':append', 'x', 24_002],
          [':r', 'y', []],
          [':r', 'x', [24_001, 24_002]],
        ],
      ],
    ])
  })

  it('writes single values as reads and writes; what was there before is nil', async () => {
    const events = await written('single', '1@1 rx0 ry- wx1 [0,1]\n2@0 rx1 [2,3]')
    expect(brief(events).filter(([type]) => type === ':ok')).toEqual([
      [
        ':ok',
        0,
        1,
        [
          [':r', 'x', null],
          [':r', 'y', null],
          [':w', 'x', 24_001],
        ],
      ],
      [':ok', 0, 3, [[':r', 'x', 24_001]]],
    ])
  })

  it('writes attempts that aborted as failed, without what they read', async () => {
    const events = await written('aborted', '1@1 lx ax1 [0,1]\n2! lx1 ax2 [2,3]')
    const value = [
      [':r', 'x', null],
      [':append', 'x', 24_002],
    ]
    expect(brief(events).slice(2)).toEqual([
      [':invoke', 0, 2, value],
      [':fail', 0, 3, value],
    ])
  })

  it('gives attempts of a thread that overlap or touch processes of their own', async () => {
    const events = await written(
      'overlap',
      '1@1 ax1 [0,5]\n2@2 ax2 [2,3]\n3@3 ax3 [5,6]\n4@4 ax4 [5,5]\n5@5 ax5 [7,9]\n6@6 ax6 [8,9]',
    )
    expect(brief(events).map(([type, process, time]) => [type, process, time])).toEqual([
      [':invoke', 0, 0],
      [':invoke', 1, 2],
      [':ok', 1, 3],
      [':invoke', 1, 5],
      [':invoke', 2, 5],
      [':ok', 0, 5],
      [':ok', 2, 5],
      [':ok', 1, 6],
      [':invoke', 1, 7],
      [':invoke', 2, 8],
      [':ok', 1, 9],
      [':ok', 2, 9],
    ])
  })

  it('gives each thread processes of its own', async () => {
    const [first, second] = writtenHistory('1@1 ax1 [0,1]\n2@2 ax2 [2,3]') as [
      HistoryAttempt,
      HistoryAttempt,
    ]
    const events = await eventsOf([fileOf('threads', [first, { ...second, id: 2 ** 32 + 2 }])])
    expect(brief(events).map(([, process]) => process)).toEqual([0, 0, 1, 1])
  })

  it.each([
    ['an element', '1@1 lx7,8 ax1', [':append', 'x', 24_007], [':append', 'x', 24_008]],
    ['a list that lacks own elements', '1@1 ax1 lx7', [':append', 'x', 24_007]],
    ['a value', '1@1 rx7 wx1', [':w', 'x', 24_007]],
    ['a value that was dropped', '1@1 wy1 xx1\n2@0 rx1', [':w', 'x', 24_001]],
  ])(
    'writes an unknown end for %s that nobody is known to have written',
    async (_, text, ...all) => {
      const events = await written('unknown', text)
      const unknown = all.map((write, process) => [process, [write]])
      const started = brief(events.slice(0, all.length))
      expect(started).toEqual(unknown.map(([process, value]) => [':invoke', process, 0, value]))
      const ended = brief(events.filter((event) => event[':type'] === ':info'))
      expect(ended.map(([, process, , value]) => [process, value])).toEqual(unknown)
    },
  )

  it('writes an unknown end for an element of another list', async () => {
    const [attempt] = writtenHistory('1@1 ay1') as [HistoryAttempt]
    const operations = [...attempt.operations, ['l', 'x', [25_001]] as const]
    const events = await eventsOf([fileOf('strange', [{ ...attempt, operations }])])
    expect(events.at(-1)).toMatchObject({
      ':type': ':info',
      ':value': [[':append', 'x', 25_001]],
    })
  })

  it('leaves out what was dropped, and what was read after it', async () => {
    const events = await written('dropped', '1@1 lx ly ay1 zx1 lx1 ly1')
    expect(events.at(-1)?.[':value']).toEqual([
      [':r', 'x', []],
      [':r', 'y', []],
      [':append', 'y', 25_001],
      [':r', 'y', [25_001]],
    ])
  })

  it('writes a list that lacks own elements as it was read', async () => {
    const events = await written('torn', '1@1 lx ax1\n2@2 lx1 ax2 lx2')
    expect(events.at(-1)?.[':value']).toEqual([
      [':r', 'x', [24_001]],
      [':append', 'x', 24_002],
      [':r', 'x', [24_002]],
    ])
  })

  it('writes an empty history', async () => {
    expect(await eventsOf([fileOf('empty', [])])).toEqual([])
  })

  it.each([
    ['a deletion', '1@1 wx1 dx2', /"x" is deleted/],
    ['a dropped deletion', '1@1 wx1 yx2', /"x" is deleted/],
    ['lists beside single values', '1@1 lx ax1 ry0', /lists and single values/],
    ['single values beside lists', '1@1 ry0 lx ax1', /lists and single values/],
  ])('refuses %s', async (_, text, message) => {
    expect(await rejectionOf(written('refused', text))).toMatchObject({
      code: 'KHONSU_HISTORY_UNEXPORTABLE',
      message: expect.stringMatching(message),
    })
  })

  it('comes in pieces, and stops between them when its signal says so', async () => {
    const lines = Array.from({ length: 2_000 }, (_, i) => `${i + 1}@${i + 1} ax${i + 1}`)
    const controller = new AbortController()
    const { signal } = controller
    const chunks = historyAsEdn([fileOf('long', writtenHistory(lines.join('\n')))], { signal })
    const { value } = await chunks.next()
    expect(String(value).length).toBeLessThan(2 ** 17)
    controller.abort(new Error('enough'))
    expect(await rejectionOf(chunks.next())).toMatchObject({ message: 'enough' })
  })

  it('writes what a recorder recorded, whatever its keys are', async () => {
    const khonsu = await openStore()
    const file = join(folder, 'recorded')
    const recorded = recordHistory(khonsu, { file })
    const keys = [7, -1.5, 'with "quotes", \\ and \n', ['a', 1]]
    const elements = keys.map((key) => recorded.transact((tx) => tx.append(key)))
    const inner = recorded.startTransaction()
    inner.readList(7)
    recorded.transact((tx) => tx.append('more'))
    inner.readList(7)
    inner.rollback()
    recorded.close()
    const events = await eventsOf([file])
    const ended = events.filter((event) => event[':type'] === ':ok').map((event) => event[':value'])
    expect(ended.slice(0, keys.length)).toEqual(
      keys.map((key, at) => [
        [':r', key, []],
        [':append', key, elements[at]],
      ]),
    )
    expect(events.filter((event) => event[':type'] === ':fail')).toHaveLength(1)
    expect(Math.max(...events.map((event) => event[':process']))).toBe(1)
  })
})

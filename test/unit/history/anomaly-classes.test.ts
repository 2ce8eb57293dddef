/** Each class of anomalies, planted by hand, gets its name, at the levels that forbid it. */
import {
  checkHistory,
  type HistoryAttempt,
  type HistoryLevel,
  type HistoryReport,
} from 'khonsu/history'
import { describe, expect, it } from 'vitest'
import { writtenHistory } from '../../support/written-history.ts'

const ALL: readonly HistoryLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
  'strict-serializable',
]
const FROM_RR = ALL.slice(1)
const SERIALIZABLE = ALL.slice(2)
const STRICT = ALL.slice(3)

interface Planted {
  readonly text: string
  /** What must be found, and nothing else. */
  readonly classes: readonly string[]
  /** The levels that do not allow it. */
  readonly forbidden: readonly HistoryLevel[]
}

const PLANTED: Readonly<Record<string, Planted>> = {
  'a serial history': {
    text: `1@1 rx0 wx1 ry0
           2@2 rx1 wx2 ry0 wy1
           3@0 rx2 ry1`,
    classes: [],
    forbidden: [],
  },
  'a dirty write': {
    // Timestamps say that 1 wrote y first; 1 has read, and overwritten, what 2 wrote there.
    text: `1@1 ry2 wy1 wx1
           2@2 wy2 wx2`,
    classes: ['version-order', 'G0', 'G1c'],
    forbidden: ALL,
  },
  'writes against real time': {
    text: `1@2 wx2 [0,1]
           2@1 wx1 [2,3]`,
    classes: ['G0-realtime'],
    forbidden: STRICT,
  },
  'an aborted read': { text: `1! wx1\n2@1 rx1 wy1`, classes: ['G1a'], forbidden: ALL },
  'an aborted read by one that aborts': {
    text: `1! wx1\n2! rx1`,
    classes: ['G1a'],
    forbidden: ALL,
  },
  'a read of a dropped write': { text: `1@1 xx1 wy1\n2@2 rx1`, classes: ['G1a'], forbidden: ALL },
  'an intermediate read': { text: `1@1 wx1 wx2\n2@0 rx1`, classes: ['G1b'], forbidden: ALL },
  'circular information flow': {
    text: `1@1 wx1 ry1
           2@1 wy1 rx1`,
    classes: ['G1c'],
    forbidden: ALL,
  },
  'a lost update': {
    text: `1@1 rx0 wx1
           2@2 rx0 wx2`,
    classes: ['lost-update'],
    forbidden: ALL,
  },
  'an update that was meant to replace': {
    text: `1@1 rx0 wx1 rr
           2@2 rx0 wx2 rr replace`,
    classes: ['lost-update'],
    forbidden: ALL,
  },
  'read skew': {
    text: `1@1 wx1 wy1
           2@0 rx0 ry1`,
    classes: ['G-single'],
    forbidden: FROM_RR,
  },
  'a read that changes': {
    text: `1@1 wx1\n2@0 rx0 rx1`,
    classes: ['G-single'],
    forbidden: FROM_RR,
  },
  'read skew of one that aborts': {
    text: `1@1 wx1 wy1
           2! rx0 ry1`,
    classes: ['G-single'],
    forbidden: FROM_RR,
  },
  'a blind write after a read of the past': {
    text: `1@1 wx1 wy1
           2@2 rx0 wy2`,
    classes: ['G-single'],
    forbidden: FROM_RR,
  },
  'two antidependencies apart': {
    // 1 and 3 read what 2 and 4 replace; 2 is read by 3, and 4 by 1.
    text: `1@0 rx0 ry1
           2@1 wx1
           3@0 rx1 ry0
           4@2 wy1`,
    classes: ['G-nonadjacent'],
    forbidden: FROM_RR,
  },
  'write skew': {
    text: `1@1 rx0 ry0 wx1
           2@1 rx0 ry0 wy1`,
    classes: ['G2-item'],
    forbidden: SERIALIZABLE,
  },
  'write skew of three': {
    text: `1@1 rx0 wy1
           2@1 ry0 wz1
           3@1 rz0 wx1`,
    classes: ['G2-item'],
    forbidden: SERIALIZABLE,
  },
  'the read-only anomaly': {
    text: `1@1 ry0 wy1
           2@2 rx0 ry0 wx1
           3@0 rx0 ry1`,
    classes: ['G2-item'],
    forbidden: SERIALIZABLE,
  },
  'insert if absent, twice': {
    text: `1@1 rx- ry- wx1
           2@1 rx- ry- wy1`,
    classes: ['G2-item'],
    forbidden: SERIALIZABLE,
  },
  'a deletion that is seen in part': {
    text: `1@1 rx0 dx1 wy1
           2@0 ry0 rx- [0,50]`,
    classes: ['G-single'],
    forbidden: FROM_RR,
  },
  'a read of the past': {
    text: `1@1 wx1 [0,1]
           2@0 rx0 [2,3]`,
    classes: ['G-single-realtime'],
    forbidden: STRICT,
  },
  'a read of what came later': {
    text: `1@0 rx1 [0,1]
           2@1 wx1 [2,3]`,
    classes: ['G1c-realtime'],
    forbidden: STRICT,
  },
  'write skew against real time': {
    // 3 saw what 2 wrote and began when 1 had ended, which 2 comes before: 1 looked away.
    text: `1@1 wy1 [0,1]
           2@2 ry0 wx1 [0,3]
           3@0 rx0 [2,3]`,
    classes: ['G2-item-realtime'],
    forbidden: STRICT,
  },
  'two antidependencies apart, by real time': {
    // 3 began when 2 had ended, whose write 1 does not see; 1 sees the write of 4, which 3 does not.
    text: `1@0 rx0 ry1 [0,9]
           2@1 wx1 [0,1]
           3@0 ry0 [2,3]
           4@2 wy1 [0,9]`,
    classes: ['G-nonadjacent-realtime'],
    forbidden: STRICT,
  },
  'a read of the past while the commit was running': {
    text: `1@1 wx1 [0,3]
           2@0 rx0 [2,3]`,
    classes: [],
    forbidden: [],
  },
  'a read of nothing that anybody wrote': {
    text: '1@1 rx7 wy1',
    classes: ['garbage-read'],
    forbidden: ALL,
  },
  'an own write that is not read': {
    text: '1@1 rx0 wx1 rx0',
    classes: ['internal'],
    forbidden: ALL,
  },
  'an own deletion that is not seen': {
    text: '1@1 rx0 dx1 rx1',
    classes: ['internal'],
    forbidden: ALL,
  },
  'an own write that is read': {
    text: '1@1 rx0 wx1 rx1 dx2 rx- wx3 rx3',
    classes: [],
    forbidden: [],
  },
  'two versions of one timestamp': {
    text: `1@1 wx1
           2@1 wx2`,
    classes: ['version-order'],
    forbidden: ALL,
  },
  'a timestamp below that of what was read': {
    text: `1@5 wx1
           2@4 rx1 wy1`,
    classes: ['version-order'],
    forbidden: ALL,
  },
  'an update that is ordered before what it read': {
    text: `1@5 wx1
           2@4 rx1 wx2`,
    classes: ['version-order', 'G0', 'G1c'],
    forbidden: ALL,
  },
  'commits that share a timestamp': {
    text: `1@1 rx0 wx1
           2@1 rx1 wy1
           3@1 ry1 wz1`,
    classes: [],
    forbidden: [],
  },
}

const found = ({ anomalies }: HistoryReport): string[] => anomalies.map(({ class: name }) => name)

describe('checkHistory', () => {
  it.each(Object.entries(PLANTED))('knows %s', (_, { text, classes, forbidden }) => {
    const history = writtenHistory(text)
    for (const attempts of [history, history.toReversed()]) {
      const report = checkHistory(attempts, 'strict-serializable')
      expect(found(report).sort()).toEqual(classes.toSorted())
      const refused = ALL.filter((level) => !checkHistory(attempts, level, { level }).passed)
      expect(refused).toEqual(forbidden)
      expect(report.satisfies).toBe(ALL.findLast((level) => !forbidden.includes(level)) ?? 'none')
    }
  })

  it('holds each transaction against the level that it ran at', () => {
    const skewed = (level: string) =>
      writtenHistory(`1@1 rx0 ry0 wx1 ${level}\n2@1 rx0 ry0 wy1 ${level}\n3@2 rx1 wx2 ser`)
    expect(checkHistory(skewed('rr'), 'serializable')).toMatchObject({
      passed: true,
      satisfies: 'repeatable-read',
      recordedAt: {
        'read-committed': 0,
        'repeatable-read': 2,
        serializable: 1,
        'strict-serializable': 0,
      },
    })
    expect(checkHistory(skewed('ser'), 'read-committed').passed).toBe(false)
    const oneOfThem = writtenHistory('1@1 rx0 ry0 wx1 ser\n2@1 rx0 ry0 wy1 rr')
    expect(checkHistory(oneOfThem, 'serializable').passed).toBe(true)
  })

  it('counts the order of real time for those that were promised it', () => {
    const past = (level: string) => writtenHistory(`1@1 wx1 strict [0,1]\n2@0 rx0 ${level} [2,3]`)
    const allowed = { passed: true, satisfies: 'serializable' }
    for (const level of ['rc', 'rr', 'ser']) {
      expect(checkHistory(past(level), 'read-committed')).toMatchObject(allowed)
    }
    expect(checkHistory(past('strict'), 'read-committed')).toMatchObject({
      passed: false,
      satisfies: 'serializable',
      recordedAt: { serializable: 0, 'strict-serializable': 2 },
      anomalies: [{ class: 'G-single-realtime', allowed: false }],
    })
  })

  it('allows an update to replace what came in between when it asked for that', () => {
    const history = (mode: string) => writtenHistory(`1@1 rx0 wx1 rr\n2@2 rx0 wx2 rr ${mode}`)
    expect(checkHistory(history('replace'), 'repeatable-read').passed).toBe(true)
    expect(checkHistory(history(''), 'repeatable-read').passed).toBe(false)
  })

  it('passes over what it cannot know when parts are missing', () => {
    const history = writtenHistory('1@1 rx7 wy1')
    expect(checkHistory(history, 'serializable', { partial: true }).passed).toBe(true)
  })

  it('takes a value that was written at another key for garbage, and nothing more', () => {
    const [writer, reader] = writtenHistory('1@2 rz1 wy1\n2@1 wz1') as [
      HistoryAttempt,
      HistoryAttempt,
    ]
    const operations = [['r', 'x', 25_001] as const, ...reader.operations]
    const report = checkHistory([writer, { ...reader, operations }], 'serializable')
    expect(found(report)).toEqual(['garbage-read'])
  })

  it('refuses a history that has a version twice', () => {
    const history = writtenHistory('1@1 wx1\n2@2 wx1')
    expect(() => checkHistory(history, 'serializable')).toThrow(
      expect.objectContaining({ code: 'KHONSU_HISTORY_MISMATCH' }),
    )
  })

  it('tells the shortest cycle with its keys, transactions and edges', () => {
    const history = writtenHistory(
      `1@1 rx0 ry0 wx1
       2@1 rx0 ry0 wy1
       3@2 rx1 wz1
       4@3 rz1 ry0 wx2`,
    )
    const { anomalies } = checkHistory(history, 'serializable')
    expect(anomalies).toMatchObject([{ class: 'G2-item', count: 1, allowed: false }])
    const { transactions, edges, text } = anomalies[0]?.example ?? {}
    expect(transactions?.map(({ id }) => id).sort()).toEqual(['0.1', '0.2'])
    expect(edges?.map(({ kind }) => kind)).toEqual(['rw', 'rw'])
    expect(edges?.map(({ key }) => key).sort()).toEqual(['"x"', '"y"'])
    expect(text?.join('\n')).toMatch(
      /^T1 is transaction 0\.\d, committed at 1\nT2 is .*\nT1 -rw-> T2: T1 read ".".*\nT2 -rw-> T1: /,
    )
  })
})

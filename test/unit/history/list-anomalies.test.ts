/** The order of appends is told by the lists that were read, and what contradicts it gets its name. */
import { checkHistory, type HistoryAttempt, type HistoryReport } from 'khonsu/history'
import { describe, expect, it } from 'vitest'
import { writtenHistory } from '../../support/written-history.ts'

const found = ({ anomalies }: HistoryReport): string[] =>
  anomalies.map(({ class: name }) => name).sort()

/** What must be found in a history, and nothing else. */
const PLANTED: Readonly<Record<string, readonly [text: string, classes: readonly string[]]>> = {
  'a serial history': [
    `1@1 lx ax1 ly
     2@2 lx1 ax2 lx1,2 ax3
     3@3 lx1,2,3 ly ay1
     4@0 lx1,2,3 ly1`,
    [],
  ],
  'lists of the past that agree': ['1@1 lx ax1\n2@2 lx1 ax2\n3@0 lx1\n4@0 lx\n5@0 lx1,2', []],
  'appends of what was not read': ['1@1 ax1\n2@2 ax2\n3@3 ax3\n4@0 lx1', []],
  'appends that only timestamps order': ['1@1 ax1 ay1\n2@2 ax2 ay2\n3@0 ly2,1', ['version-order']],
  'lists that contradict one another': [
    '1@2 ax1\n2@1 ax2\n3@3 ax3\n4@0 lx1,2\n5@0 lx2,1,3',
    ['incompatible-order'],
  ],
  'a list that lacks an element in the middle': [
    '1@1 ax1\n2@2 ax2\n3@3 ax3\n4@0 lx1,2,3\n5@0 lx1,3',
    ['incompatible-order'],
  ],
  'a cycle through a list that contradicts others': [
    '1@1 ax1\n2@2 ax2\n3@3 ax3 ay1\n4@0 lx1,2,3\n5@0 lx2 ly1',
    ['incompatible-order'],
  ],
  'an append after a list that contradicts others': [
    '1@1 ax1\n2@2 ax2\n3@3 ax3\n4@4 lx2 ax4\n5@0 lx1,2,3,4',
    ['incompatible-order'],
  ],
  'an element that is there twice': ['1@1 lx ax1\n2@0 lx1,1', ['duplicate-elements']],
  'an element that nobody appended': ['1@1 ax1\n2@0 lx7,1', ['garbage-read']],
  'an element that nobody appended, beside others': ['1@1 ay1\n2@0 lx7 ly1', ['garbage-read']],
  'an aborted append that was read': ['1! ax1\n2@2 ax2\n3@0 lx1,2', ['G1a']],
  'an aborted append at the end of a list': ['1! ax1\n2@0 lx1', ['G1a']],
  'a dropped append that was read': ['1@1 ay1 zx1\n2@0 lx1', ['G1a']],
  'an intermediate read': ['1@1 ax1 ax2\n2@0 lx1', ['G1b']],
  'a lost append': ['1@1 lx ax1\n2@2 lx ax2\n3@0 lx2', ['G2-item', 'lost-update']],
  'one of two appends that extend the same list': [
    '1@1 lx ax1\n2@2 lx ax2',
    ['G2-item', 'lost-update'],
  ],
  'an append that its reader overlooks': [
    '1@1 lx ax1\n2@2 lx1 ax2\n3@3 lx1 ax3\n4@0 lx1,2,3',
    ['lost-update'],
  ],
  'an append that a later reader does not find': [
    '1@1 ax1 [0,1]\n2@0 lx [2,3]',
    ['G-single-realtime'],
  ],
  'a lost append after others': [
    '1@1 ax1 [0,1]\n2@2 ax2 [2,3]\n3@0 lx1 [4,5]',
    ['G-single-realtime'],
  ],
  'appends that are not after one another': [
    '1@1 ax1 ay1\n2@2 ax2 ay2\n3@0 lx1,2\n4@0 ly2,1',
    ['G0', 'version-order'],
  ],
  'appends that are interleaved': ['1@1 ax1 ax3\n2@2 ax2\n3@0 lx1,2,3', ['G0', 'version-order']],
  'appends against real time': [
    '1@2 ax1 [2,3]\n2@1 ax2 [0,1]\n3@0 lx1,2 [0,9]',
    ['G0-realtime', 'version-order'],
  ],
  'circular information flow': ['1@1 lx ax1 ly1\n2@1 ly ay1 lx1', ['G1c']],
  'read skew': ['1@1 ax1 ay1\n2@0 lx ly1', ['G-single']],
  'read skew that an append without a read shows': [
    '1@1 ax1 ay1\n2@0 lx ly1\n3@0 ly1',
    ['G-single'],
  ],
  'write skew': ['1@1 lx ly ax1\n2@1 lx ly ay1', ['G2-item']],
  'two antidependencies apart': ['1@0 lx ly1\n2@1 ax1\n3@0 lx1 ly\n4@2 ay1', ['G-nonadjacent']],
  'an own append that is not read': ['1@1 lx ax1 lx', ['internal']],
  'an own append that is read at another place': ['1@1 ax1\n2@2 lx1 ax2 lx2,1', ['internal']],
  'an own append without what was there before': ['1@1 ax1\n2@2 lx1 ax2 lx2', ['internal']],
  'an own append after another list': ['1@1 ax1\n2! ax2\n3@3 lx1 ax3 lx2,3', ['internal']],
  'a list of the past with an own append': [
    '1@1 ax1 ay1\n2@2 ax2 ly1 lx2\n3@0 lx1',
    ['G-single', 'G2-item'],
  ],
  'own appends after what was not read before': [
    '1@1 ax1\n2@2 ax2 lx1,2 ax3 lx1,2,3\n3@0 lx1,2,3',
    [],
  ],
  'own appends after a list that changes': ['1@1 ax1\n2@2 ax2 lx2 lx1,2\n3@0 lx2', ['internal']],
  'a list of the past that an own append follows': ['1@1 ax1\n2@2 ax2 lx2,1', ['internal']],
  'an own append that was read before it was made': ['1@1 lx1 ax1', ['version-order']],
}

describe('checkHistory', () => {
  it.each(Object.entries(PLANTED))('knows %s', (_, [text, classes]) => {
    const history = writtenHistory(text)
    for (const attempts of [history, history.toReversed()]) {
      expect(found(checkHistory(attempts, 'serializable'))).toEqual(classes)
    }
  })

  it('takes the order of appends from lists, and not from timestamps', () => {
    // By the timestamps 1 would come first, and what 3 saw would be a state that never was.
    const history = (time: number) =>
      writtenHistory(`1@${time} lx2 ax1 ay1\n2@2 lx ax2\n3@0 lx2 ly\n4@0 lx2,1 ly1`)
    expect(found(checkHistory(history(3), 'serializable'))).toEqual([])
    expect(found(checkHistory(history(1), 'serializable'))).toEqual(['version-order'])
  })

  it('counts the reads that show something, not the lists', () => {
    const history = writtenHistory('1! ax1\n2@1 ax2\n3@0 lx1\n4@0 lx1,2\n5@0 lx1,2\n6@0 lx')
    const { anomalies } = checkHistory(history, 'serializable')
    expect(anomalies).toMatchObject([{ class: 'G1a', count: 3 }])
  })

  it('counts reads from the first element on that shows something', () => {
    const history = writtenHistory('1! ax1\n2! ax2\n3@0 lx1\n4@0 lx1,2')
    expect(checkHistory(history, 'serializable').anomalies).toMatchObject([
      { class: 'G1a', count: 2 },
    ])
  })

  it('knows an element of another list, which has no place in the order', () => {
    const [first, second, reader] = writtenHistory('1@1 ly ay1\n2@2 ly1 ay2\n3@0 ly1,2') as [
      HistoryAttempt,
      HistoryAttempt,
      HistoryAttempt,
    ]
    const operations = [['l', 'x', [25_002, 25_001]] as const, ...reader.operations]
    const strange = { ...reader, operations }
    const report = checkHistory([strange, first, second], 'serializable')
    expect(report.anomalies).toMatchObject([{ class: 'garbage-read', count: 1 }])
    expect(report.anomalies[0]?.example.transactions.map(({ id }) => id)).toEqual(['0.3', '0.2'])
  })

  it('passes over elements whose writer is missing when parts are', () => {
    const history = writtenHistory('1@1 lx7 ax1\n2@2 lx7,1,8 ax2\n3@0 lx7,1,8,2')
    expect(found(checkHistory(history, 'serializable'))).toEqual(['garbage-read'])
    expect(found(checkHistory(history, 'serializable', { partial: true }))).toEqual([])
  })

  it.each(['1@1 lx ax1\n2@2 rx0', '1@1 wx1\n2@2 ax2', '1@1 wx1\n2@0 lx'])(
    'refuses a key that is a list and a single value: %s',
    (text) => {
      expect(() => checkHistory(writtenHistory(text), 'serializable')).toThrow(
        expect.objectContaining({
          code: 'KHONSU_HISTORY_DAMAGED',
          message: expect.stringContaining('the key "x" is a list in one place'),
        }),
      )
    },
  )

  it('refuses an element that was appended twice', () => {
    const history = writtenHistory('1@1 ax1\n2@2 ax1')
    expect(() => checkHistory(history, 'serializable')).toThrow(
      expect.objectContaining({ code: 'KHONSU_HISTORY_MISMATCH' }),
    )
  })

  it('tells a cycle of two, where each has appended several elements', () => {
    const history = writtenHistory('1@1 ax1 ax2 ay1\n2@2 ax3 ax4 ay2\n3@0 lx1,2,3,4\n4@0 ly2,1')
    const { anomalies } = checkHistory(history, 'serializable')
    const cycle = anomalies.find(({ class: name }) => name === 'G0')
    expect(cycle?.example.edges.map(({ kind }) => kind)).toEqual(['ww', 'ww'])
    expect(cycle?.example.transactions).toHaveLength(2)
  })

  it('tells the lists that contradict one another', () => {
    const history = writtenHistory('1@2 ax1\n2@1 ax2\n3@3 ax3\n4@0 lx1,2\n5@0 lx2,1,3')
    const { anomalies } = checkHistory(history, 'serializable')
    const text = anomalies[0]?.example.text.join('\n')
    expect(text).toMatch(/^T1 is transaction 0\.4\nT2 is transaction 0\.5\nT1 read a list of "x" /)
  })
})

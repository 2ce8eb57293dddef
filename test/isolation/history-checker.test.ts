/** The checker of histories must see every anomaly that it is there for. */
import type { IsolationLevel } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { type Attempt, findAnomalies } from '../support/history.ts'

/** An attempt from `r0@0/0` (cell 0, version 0, of 0) and `w0@1`; all of them at the same time. */
function attempt(id: number, steps: string, more: Partial<Attempt> = {}): Attempt {
  const reads: [number, number, number][] = []
  const writes: [number, number][] = []
  for (const step of steps.split(' ')) {
    const [cell, version, writer] = step.slice(1).split(/[@/]/).map(Number) as [
      number,
      number,
      number,
    ]
    if (step.startsWith('r')) reads.push([cell, version, writer])
    else writes.push([cell, version])
  }
  const time = { beganAt: 0, endedAt: 100 }
  return { id, name: 'test', committed: true, ...time, reads, writes, ...more }
}

const ALL: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']

const cases: [string, readonly Attempt[], readonly IsolationLevel[]][] = [
  ['a serial history', [attempt(1, 'r0@0/0 w0@1'), attempt(2, 'r0@1/1 w0@2')], []],
  ['a lost update', [attempt(1, 'r0@0/0 w0@1'), attempt(2, 'r0@0/0 w0@1')], ALL],
  [
    'a read of an aborted write (G1a)',
    [attempt(1, 'r0@0/0 w0@1', { committed: false }), attempt(2, 'r0@1/1')],
    ALL,
  ],
  [
    'a read of an intermediate version (G1b)',
    [attempt(1, 'r0@0/0 w0@1'), attempt(2, 'r0@1/9')],
    ALL,
  ],
  [
    'circular information flow (G1c)',
    [attempt(1, 'r0@0/0 w0@1 r1@1/2'), attempt(2, 'r1@0/0 w1@1 r0@1/1')],
    ALL,
  ],
  [
    'read skew (G-single)',
    [attempt(1, 'r0@0/0 w0@1 r1@0/0 w1@1'), attempt(2, 'r0@0/0 r1@1/1')],
    ['repeatable-read', 'serializable'],
  ],
  [
    'read skew of an attempt that aborted',
    [attempt(1, 'r0@0/0 w0@1 r1@0/0 w1@1'), attempt(2, 'r0@0/0 r1@1/1', { committed: false })],
    ['repeatable-read', 'serializable'],
  ],
  [
    'write skew (G2-item)',
    [attempt(1, 'r0@0/0 r1@0/0 w0@1'), attempt(2, 'r0@0/0 r1@0/0 w1@1')],
    ['serializable'],
  ],
  [
    'the read-only anomaly',
    [attempt(1, 'r0@0/0 r1@0/0 w0@1'), attempt(2, 'r1@0/0 w1@1'), attempt(3, 'r0@0/0 r1@1/2')],
    ['serializable'],
  ],
  [
    'a read of the past, after a commit had ended',
    [attempt(1, 'r0@0/0 w0@1', { endedAt: 1 }), attempt(2, 'r0@0/0', { beganAt: 2, endedAt: 3 })],
    ['repeatable-read', 'serializable'],
  ],
  [
    'a read of the past while the commit was running',
    [attempt(1, 'r0@0/0 w0@1', { endedAt: 3 }), attempt(2, 'r0@0/0', { beganAt: 2, endedAt: 4 })],
    [],
  ],
  ['a version that is missing', [attempt(1, 'r0@1/0 w0@2')], ALL],
]

describe('findAnomalies', () => {
  it.each(cases)('knows %s', (_, history, forbidden) => {
    const found = ALL.filter((level) => findAnomalies(history, level).length > 0)
    expect(found).toEqual(forbidden)
    expect(ALL.filter((level) => findAnomalies(history.toReversed(), level).length > 0)).toEqual(
      forbidden,
    )
  })

  it('tells the cycle in words', () => {
    const history = [attempt(1, 'r0@0/0 r1@0/0 w0@1'), attempt(2, 'r0@0/0 r1@0/0 w1@1')]
    expect(findAnomalies(history, 'serializable')).toEqual([
      expect.stringMatching(/^a cycle: \d \(test: r0@0 r1@0 w\d@1\) -> \d \(.*\) -> \d \(/),
    ])
  })
})

/**
 * The commit protocol with its epoch clock, in a model: all interleavings of small programs, and
 * faults that must be found. What a run must look like is said in history.ts.
 */
import { describe, expect, it } from 'vitest'
import { randomFrom, testSeed } from '../support/random.ts'
import { describeViolation, type Exploration, exploreAll, exploreSome } from './explorer.ts'
import type { Fault } from './machine.ts'
import { allPairs, allTransactions, parseProgram, randomProgram } from './program.ts'

const READERS = ['RxRy', 'RyRx', '[RxRy]', '[RyRx]']
const WRITERS = ['Wx', 'WxWy', 'RxWx', 'RxWxRyWy', 'RxWy', '~RyWx', '[RxWy]', 'Wz']

const WHILE_EPOCHS_ARE_CLOSED = [
  'RxRy | WxWy | tick | tick',
  'RxRyRz | WxWyWz | tick',
  'RxRzRy | RyWxWyWz | tick',
  '~RxRyWz | WxWy | tick',
  'RxWy | RyWx | tick',
  'RxWy | [RyWx] | tick',
  '~[RxWy] | ~RyWx | tick',
  'RxWxRyWy | RyWyRxWx | tick',
]

const IN_A_SLOT_USED_BEFORE = [
  'WxWz; Wy | [RxRyRz]',
  'WxWy; Wx; Wy | RxRy',
  'WxWy; WxWy | RxRy | tick',
  'RxWy; RyWx | [RxWy]',
  '[RxWy]; RxRy | WxWy',
  'RxRy; [RxRy] | WxWy; RxWx',
  '[RxRy]; RxRy | RxWx; RyWy',
]

const THREE_AT_A_TIME = [
  'RxRy | Wx | Wy',
  'RxRyRz | WxWy | WzWx',
  'RxWy | RyWx | RxRy',
  'RxWy | RyWx | [RxRy]',
  'RxWy | Wx | [RxRy]',
  'RxWy | RyWz | RzWx',
  'RxWy | RyWz | RzRx',
  'RxWy | RyWz | [RzRx]',
  'RxWx | WxWy | [RxRy]',
  'RxWx | RxWxRyWy | RyWy',
  '~RxWy | ~RyWx | RxRy',
  '~RxWx | RxWy | ~[RxRy]',
  'RxRy | RyRx | Wx; Wy',
  '[RxRy] | RyRx | WxWy',
]

const WITH_A_HORIZON = [
  '[Rx] | Wx; ^Wx',
  '[RxRy] | RxWx; ^RyWy; WxWy',
  '[RxRy] | ^WxWy; ^WxWy',
  '[Rx]; [Rx] | Wx; ^Wx; Wx',
  '[RxRy] | Wx; ^Wx | revoke',
  '[RxWy] | WxWy; ^Wx | revoke',
]

const WITH_A_DEATH = [
  '!RxWy | Wx; [RyRx]',
  '!WxWy | [RxRy] | tick',
  '![RxRy] | Wx; ^WxWy',
  '!RxWxWy; Wx | [RyRx]; RxRy',
  '[RxRy] | Wx; !^WxWy',
]

/** For each fault a program that shows it. */
const PROGRAM_OF_FAULT: Readonly<Record<Fault, string>> = {
  'the clock is not looked at again after the timestamp is published': 'WxWy | [RxRy]',
  'a closed snapshot does not close the epoch': 'Wx | [Rx]',
  'the closed map is set after the clock is advanced': 'Wx | [Rx]',
  'the closed map is looked at before the clock is loaded': 'Wx | [Rx]',
  'the reads are validated before the timestamp is taken': 'RxWy | Wx; [RyRx]',
  'extend loads the clock after it looked at the entries': 'RxRy | WxWy | tick',
  'extend lets stamped locks pass': 'RxRy | WxWy | tick',
  'extend does not look at the cell that is being read': 'RxRy | WxWy | tick',
  'extend looks at the word of that cell before it looks at the phase': 'RxRy | WxWy | tick',
  'versions above the bound are accepted': 'RxRy | WxWy',
  'cells are locked whatever their word is': '~RxWx | ~RxWx',
  'the timestamp may equal that of the replaced version': 'Wx',
  'the horizon misses a closed reader': '[Rx] | Wx; ^Wx',
  'snapshots are published without a look at the bound of the horizon': '[Rx] | Wx; ^Wx',
  'owners with a timestamp up to the snapshot are read through': 'WxWy | [RxRy]',
  'the word is not looked at again after the phase said INSTALLING': 'WxWy; Wz | [RxRy]',
  'a kept version is read without a look at the right to the snapshot': '[Rx] | Wx; ^Wx | revoke',
  'reads that are not written are not validated': 'RxWy | RyWx',
  'recovery moves a timestamp that was validated': '!RxWy | Wx; [RyRx]',
  'recovery moves a timestamp after values were stored': '!Wx | [Rx]',
  'recovery keeps what the dead thread had stored': '!Wx',
}

const RANDOM_PROGRAM_COUNT = 300
const RUN_COUNT = 200

function violationOf({ violation }: Exploration): string | undefined {
  return violation && describeViolation(violation)
}

function expectNoViolation(text: string): void {
  const exploration = exploreAll(parseProgram(text))
  expect(violationOf(exploration)).toBeUndefined()
  expect(exploration.endCount).toBeGreaterThan(0)
}

describe('the commit protocol, in all interleavings', () => {
  it('keeps its promises to all pairs of transactions over two cells', () => {
    expect(allTransactions()).toHaveLength(84)
    for (const pair of allPairs()) expectNoViolation(pair)
  })

  it.each(READERS)('keeps them to %s beside any transaction while an epoch is closed', (reader) => {
    for (const other of allTransactions()) expectNoViolation(`${reader} | ${other} | tick`)
  })

  it.each(WHILE_EPOCHS_ARE_CLOSED)('keeps them while epochs are closed: %s', expectNoViolation)

  it.each(READERS)('keeps them to %s beside any two writers in one slot', (reader) => {
    for (const first of WRITERS) {
      for (const second of WRITERS) expectNoViolation(`${first}; ${second} | ${reader}`)
    }
  })

  it.each(IN_A_SLOT_USED_BEFORE)('keeps them when a slot is used again: %s', expectNoViolation)

  it.each(THREE_AT_A_TIME)('keeps them to three at a time: %s', expectNoViolation)

  it.each(WITH_A_HORIZON)('keeps them while versions are let go: %s', expectNoViolation)

  it.each(WITH_A_DEATH)('keeps them when a thread dies at any step: %s', expectNoViolation)
})

describe('the commit protocol, in some interleavings', () => {
  it('keeps its promises to larger programs', () => {
    const random = randomFrom(testSeed())
    for (let i = 0; i < RANDOM_PROGRAM_COUNT; i++) {
      const program = parseProgram(randomProgram(random))
      expect(violationOf(exploreSome(program, RUN_COUNT, random))).toBeUndefined()
    }
  })
})

describe('the model shows what goes wrong when', () => {
  it.each(Object.entries(PROGRAM_OF_FAULT) as [Fault, string][])('%s: %s', (fault, text) => {
    expectNoViolation(text)
    expect(violationOf(exploreAll(parseProgram(text), fault))).toContain(text)
  })
})

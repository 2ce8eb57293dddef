/** What the coordinator leaves of cells that are written often, by a clock of the test's own. */

import { describe, expect, it } from 'vitest'
import { VERSION_CLASS } from '#dist/native-layout/page-descriptor.js'
import { MODE_CLOSED, MODE_REPEATABLE_READ } from '#dist/native-layout/slot-descriptor.js'
import {
  ABORT_CAUSE_COUNT,
  THREAD_GIVEN_OFFSET,
  THREAD_TAKEN_OFFSET,
} from '#dist/native-layout/thread-descriptor.js'
import { Coordinator } from '#dist/src/coordinator/coordinator.js'
import { Session } from '#dist/src/transaction/session.js'
import { transact } from '#dist/src/transaction/transact.js'
import { createArenas } from '../../support/kernel-arena.ts'
import { MIB } from '../../support/store.ts'

const MODE = MODE_REPEATABLE_READ
const CELL_COUNT = 10
const REST_MS = 1_000

function openSession(): Session {
  const [arena] = createArenas(8 * MIB, 1)
  if (arena === undefined) throw new Error('no arena')
  const settings = {
    mode: MODE,
    development: false,
    poisons: false,
    appendOn: ['id'],
    snapshotAgeMsMax: 60_000,
    timeoutMs: 1_000,
  }
  return new Session(arena, { ...settings, serializable: 'ssi' })
}

/** Writes all cells while a snapshot sees what they held. */
function writeBesideSnapshot(session: Session, value: number | string): void {
  const { kernel } = session
  const slot = session.acquireSlot()
  kernel.begin(slot, MODE | MODE_CLOSED)
  for (let i = 0; i < CELL_COUNT; i++) transact(session, (tx) => tx.set(i, value), undefined)
  kernel.abort(slot, ABORT_CAUSE_COUNT - 1)
  kernel.begin(slot, MODE)
  session.releaseSlot(slot)
}

function versionsUsed({ kernel }: Session): number {
  const offset = VERSION_CLASS * 8
  return (
    kernel.threadStatistic(0, THREAD_TAKEN_OFFSET + offset) -
    kernel.threadStatistic(0, THREAD_GIVEN_OFFSET + offset)
  )
}

describe('a cell that was written lately', () => {
  it('keeps one version that nobody reads, which its next writer uses', () => {
    const session = openSession()
    const coordinator = new Coordinator(session)
    for (let value = 0; value < 5; value++) writeBesideSnapshot(session, value)
    coordinator.step(0)
    coordinator.step(REST_MS / 2)
    expect(versionsUsed(session)).toBe(CELL_COUNT)
    writeBesideSnapshot(session, -1)
    expect(versionsUsed(session)).toBe(CELL_COUNT)
  })

  it('loses it when it has come to rest', () => {
    const session = openSession()
    const coordinator = new Coordinator(session)
    for (let value = 0; value < 5; value++) writeBesideSnapshot(session, value)
    for (let ms = 0; ms <= 3 * REST_MS; ms += REST_MS / 4) coordinator.step(ms)
    expect(versionsUsed(session)).toBe(0)
  })

  it('loses it at once when it holds a block, or when all is swept', () => {
    const texts = openSession()
    for (let i = 0; i < 5; i++) writeBesideSnapshot(texts, `a text that needs a block ${i}`)
    const coordinator = new Coordinator(texts)
    coordinator.step(0)
    coordinator.step(REST_MS / 2)
    expect(versionsUsed(texts)).toBe(0)
    const numbers = openSession()
    for (let value = 0; value < 5; value++) writeBesideSnapshot(numbers, value)
    new Coordinator(numbers).sweepAll()
    expect(versionsUsed(numbers)).toBe(0)
  })
})

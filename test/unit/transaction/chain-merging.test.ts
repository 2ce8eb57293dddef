/** Merges of chains whose slot keeps them, and of those whose slot has lost the right to its snapshot. */
import { describe, expect, it, vi } from 'vitest'
import { MODE_READ_COMMITTED, SLOT_VALUE_OFFSET } from '#dist/native-layout/slot-descriptor.js'
import { planNewest, planWhole } from '#dist/src/transaction/chain-merging.js'
import type { Session } from '#dist/src/transaction/session.js'
import { transact } from '#dist/src/transaction/transact.js'
import { rowsWith, tableOf } from '../../support/rows.ts'
import { openSession, revoke } from '../../support/session.ts'
import { MIB } from '../../support/store.ts'

function openChain(): Session {
  const session = openSession()
  transact(session, (tx) => tx.set('rows', tableOf(rowsWith([1]))), undefined)
  for (const id of [2, 3, 4]) {
    transact(session, (tx) => tx.append('rows', tableOf(rowsWith([id]))), undefined)
  }
  return session
}

/** Reads the chain in a slot of its own, which keeps it. */
function keep(session: Session): { slot: number; cell: number; block: number } {
  const { kernel } = session
  const { cell, generation } = session.lookUp('rows')
  const slot = session.acquireSlot()
  kernel.begin(slot, MODE_READ_COMMITTED)
  kernel.read(slot, cell, generation)
  const block = session.arena.u32[(slot + SLOT_VALUE_OFFSET + 4) >>> 2] as number
  return { slot, cell, block }
}

/** Ids, and batches that they are in. */
function found(session: Session): { ids: number[]; batchCount: number } {
  const ids = transact(session, (tx) => [...(tx.column('rows', 'id')?.values ?? [])], undefined)
  const { slot, block } = keep(session)
  const batchCount = session.batches.chainOf(block).length
  session.kernel.dismiss(slot)
  session.releaseSlot(slot)
  return { ids: ids.map(Number), batchCount }
}

describe('a merge of a chain', () => {
  it.each([
    ['of the whole, in the place of what its cell holds', true, 1],
    ['of all but the newest', false, 2],
  ])('%s, makes one batch', (_, isWhole, batchCount) => {
    const session = openChain()
    const { slot, cell, block } = keep(session)
    const lockSlot = session.acquireSlot()
    const merge = planWhole(session, block, { slot, lockSlot, cell: isWhole ? cell : 0 })
    expect(merge?.step(Number.POSITIVE_INFINITY)).toBe(true)
    expect(merge?.isInPlace).toBe(true)
    session.kernel.dismiss(slot)
    expect(found(session)).toEqual({ ids: [1, 2, 3, 4], batchCount })
  })

  it('changes nothing once its slot has lost the right to its snapshot', () => {
    const session = openChain()
    const { slot, cell, block } = keep(session)
    const lockSlot = session.acquireSlot()
    const merges = [
      planWhole(session, block, { slot, lockSlot, cell }),
      planWhole(session, block, { slot, lockSlot, cell: 0 }),
      planNewest(session, block, { slot, bytesMax: MIB }),
    ]
    revoke(session, slot)
    for (const merge of merges) expect(merge?.step(Number.POSITIVE_INFINITY)).toBe(true)
    session.kernel.dismiss(slot)
    expect(found(session)).toEqual({ ids: [1, 2, 3, 4], batchCount: 4 })
  })
  it('asks first whether its slot still keeps what it puts its batch on', () => {
    const session = openChain()
    const { slot, block } = keep(session)
    const { batches, kernel } = session
    const merge = planNewest(session, block, { slot, bytesMax: MIB })
    const begin = batches.writer.begin.bind(batches.writer)
    batches.writer.begin = (plan, meaning) => {
      revoke(session, slot)
      return begin(plan, meaning)
    }
    const addRowsTo = vi.spyOn(kernel, 'addRowsTo')
    expect(merge?.step(Number.POSITIVE_INFINITY)).toBe(true)
    expect(addRowsTo).not.toHaveBeenCalled()
    expect(merge?.isInPlace).toBe(false)
    batches.writer.begin = begin
    kernel.dismiss(slot)
    expect(found(session)).toEqual({ ids: [1, 2, 3, 4], batchCount: 4 })
  })
})

/** Merges of chains whose slot keeps them, and of those whose slot has lost the right to its snapshot. */
import { Dictionary, Int32, type RecordBatch, Table, Utf8, vectorFromArray } from 'apache-arrow'
import { describe, expect, it, vi } from 'vitest'
import { MODE_READ_COMMITTED, SLOT_VALUE_OFFSET } from '#dist/native-layout/slot-descriptor.js'
import { collectStats } from '#dist/src/api/stats.js'
import { planNewest, planWhole } from '#dist/src/transaction/chain-merging.js'
import type { Session } from '#dist/src/transaction/session.js'
import { transact } from '#dist/src/transaction/transact.js'
import { rowsWith, tableOf, WORD_COUNT } from '../../support/rows.ts'
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

/** Words in a dictionary that has room for those of several batches. */
function longWordsOf(prefix: string): Table {
  const words = Array.from({ length: WORD_COUNT }, (_, i) => `${prefix}${i}`)
  return new Table({ word: vectorFromArray(words, new Dictionary(new Utf8(), new Int32())) })
}

/** Reads the chain of a key in a slot of its own, which keeps it. */
function keep(session: Session, key = 'rows'): { slot: number; cell: number; block: number } {
  const { kernel } = session
  const { cell, generation } = session.lookUp(key)
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

  it('gives back what it has taken wherever it is given up', () => {
    const session = openSession()
    for (const prefix of ['a', 'b']) {
      transact(session, (tx) => tx.append('words', longWordsOf(prefix)), undefined)
    }
    const chunkCount = (): number | undefined =>
      collectStats(session).memory.byClass.find(({ name }) => name === 'chunks')?.blocksUsed
    const before = chunkCount()
    expect(before).toBeGreaterThan(0)
    let hasEnded = false
    for (let steps = 0; !hasEnded; steps++) {
      const { slot, cell, block } = keep(session, 'words')
      const merge = planWhole(session, block, { slot, lockSlot: session.acquireSlot(), cell })
      for (let step = 0; step < steps && !hasEnded; step++) hasEnded = merge?.step(0) === true
      if (!hasEnded) {
        merge?.abandon()
        expect(chunkCount()).toBe(before)
      }
      session.kernel.dismiss(slot)
    }
    const words = transact(session, (tx) => tx.get('words') as RecordBatch, undefined)
    expect(words.numRows).toBe(2 * WORD_COUNT)
    expect(words.data.children[0]?.dictionary?.length).toBe(2 * WORD_COUNT)
  })

  it('asks first whether its slot still keeps what it puts its batch on', () => {
    const session = openChain()
    const { slot, block } = keep(session)
    const { batches, kernel } = session
    const merge = planNewest(session, block, { slot, bytesMax: MIB })
    const { writer } = batches
    const write = writer.writeInSteps.bind(writer)
    writer.writeInSteps = function* (...given) {
      revoke(session, slot)
      return yield* write(...given)
    }
    const addRowsTo = vi.spyOn(kernel, 'addRowsTo')
    expect(merge?.step(Number.POSITIVE_INFINITY)).toBe(true)
    expect(addRowsTo).not.toHaveBeenCalled()
    expect(merge?.isInPlace).toBe(false)
    writer.writeInSteps = write
    kernel.dismiss(slot)
    expect(found(session)).toEqual({ ids: [1, 2, 3, 4], batchCount: 4 })
  })
})

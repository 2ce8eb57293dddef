import { describe, expect, it } from 'vitest'
import { RowMerger } from '#dist/src/coordinator/row-merger.js'
import type { Session } from '#dist/src/transaction/session.js'
import { transact } from '#dist/src/transaction/transact.js'
import { rowsWith, tableOf, wordsOf } from '../../support/rows.ts'
import { openSession } from '../../support/session.ts'

/** Milliseconds of the merger's clock after which a chain has rested. */
const REST_MS = 1000

/** Offers the cell of a key again and again, as the coordinator does; slices that it took. */
function offer(session: Session, merger: RowMerger, key: string): number {
  const before = merger.report().slices
  for (let round = 0; round < 3; round++) {
    merger.offer(session.lookUp(key).cell)
    while (merger.slice(round * REST_MS));
  }
  return merger.report().slices - before
}

describe('the merger of rows', () => {
  it('counts a chain of which it has made one batch', () => {
    const session = openSession()
    const merger = new RowMerger(session, session.acquireSlot())
    transact(session, (tx) => tx.set('rows', tableOf(rowsWith([1]))), undefined)
    transact(session, (tx) => tx.append('rows', tableOf(rowsWith([2]))), undefined)
    offer(session, merger, 'rows')
    expect(merger.report()).toMatchObject({ merges: 1, failures: 0 })
  })

  it('leaves a chain that cannot be merged alone until it changes', () => {
    const session = openSession()
    const merger = new RowMerger(session, session.acquireSlot())
    transact(session, (tx) => tx.set('words', wordsOf('a')), undefined)
    transact(session, (tx) => tx.append('words', wordsOf('b')), undefined)
    offer(session, merger, 'words')
    expect(merger.report()).toMatchObject({ merges: 0, failures: 1 })
    expect(offer(session, merger, 'words')).toBe(3)
    expect(merger.report()).toMatchObject({ merges: 0, failures: 1 })
    transact(session, (tx) => tx.append('words', wordsOf('b')), undefined)
    offer(session, merger, 'words')
    expect(merger.report()).toMatchObject({ merges: 0, failures: 2 })
  })
})

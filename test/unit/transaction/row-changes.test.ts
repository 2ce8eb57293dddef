/** Changes of rows that others and lost snapshots get in the way of. */
import { Field, Int32, type RecordBatch, Schema, Table, vectorFromArray } from 'apache-arrow'
import { type Khonsu, UpdateRefusedError, ValueNotAcceptableError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import type { Session } from '#dist/src/transaction/session.js'
import { transact } from '#dist/src/transaction/transact.js'
import type { Transaction } from '#dist/src/transaction/transaction.js'
import { rowsOf, rowsWith, tableOf, WORD_COUNT, wordsOf } from '../../support/rows.ts'
import { openSession } from '../../support/session.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

function ids(store: Khonsu): unknown[] {
  return store.transact((tx) => [...((tx.get('rows') as RecordBatch).getChild('id') ?? [])])
}

describe('rows for a batch of another schema that came meanwhile', () => {
  function one(metadata: [string, string][], nullable: boolean): Table {
    const schema = new Schema([new Field('id', new Int32(), nullable)], new Map(metadata))
    return new Table(schema, { id: vectorFromArray([1], new Int32()) })
  }

  it.each([
    ['other metadata', undefined, one([['who', 'me']], true), one([['who', 'other']], true)],
    ['other nulls', undefined, one([], true), one([], false)],
    ['other metadata than before', one([['v', '1']], true), one([], true), one([['v', '2']], true)],
  ])('are added to it in the next attempt: %s', async (_, before, mine, theirs) => {
    const khonsu = await openStore()
    if (before !== undefined) khonsu.transact((tx) => tx.set('rows', before))
    let runs = 0
    khonsu.transact((tx) => {
      tx.append('rows', mine)
      if (runs++ === 0) khonsu.transact((inner) => inner.set('rows', theirs))
    })
    expect(runs).toBe(2)
    expect(ids(khonsu)).toEqual([1, 1])
  })

  it('are added to it in the next attempt when the body reads them', async () => {
    const khonsu = await openStore({ isolation: 'read-committed' })
    let runs = 0
    khonsu.transact((tx) => {
      tx.append('rows', one([['who', 'me']], true))
      if (runs++ === 0) khonsu.transact((inner) => inner.set('rows', one([], true)))
      expect((tx.get('rows') as RecordBatch).numRows).toBe(2)
    })
    expect(runs).toBe(2)
  })

  it('say in the next attempt which field is another one', async () => {
    const khonsu = await openStore()
    const append = () =>
      khonsu.transact((tx) => {
        tx.append('rows', one([], true))
        khonsu.transact((inner) => inner.set('rows', new Table({ x: vectorFromArray([1]) })))
      })
    expect(thrownBy(append)).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path: '$.id' })
  })

  it('are refused when it is one that the transaction has written itself', async () => {
    const khonsu = await openStore()
    const append = () =>
      khonsu.transact((tx) => {
        tx.append('rows', one([['who', 'me']], true))
        tx.append('rows', one([['who', 'other']], true))
      })
    expect(thrownBy(append)).toBeInstanceOf(UpdateRefusedError)
  })
})

describe('batches that make no batch together', () => {
  it('take more rows all the same', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('words', wordsOf('base')))
    for (let i = 0; i < 40; i++) khonsu.transact((tx) => tx.append('words', wordsOf(`${i}-`)))
    expect(khonsu.transact((tx) => tx.table('words')?.numRows)).toBe(41 * WORD_COUNT)
    expect(thrownBy(() => khonsu.transact((tx) => tx.get('words')))).toBeInstanceOf(
      ValueNotAcceptableError,
    )
  })
})

describe('a right to read that gets lost', () => {
  /** Takes the right to its snapshot from every slot that has one. */
  function revokeAll({ kernel }: Session): void {
    for (let id = 1; id <= kernel.slotCount(); id++) kernel.revokeSlot(id, kernel.slotPhase(id))
  }

  /** How often a body runs until it commits. */
  function runsOf(session: Session, body: (tx: Transaction) => void): number {
    let runs = 0
    const counted = (tx: Transaction): void => {
      runs++
      body(tx)
    }
    transact(session, counted, undefined)
    return runs
  }

  /** Has the next uses of batches lose the right to them, and end as where others use the memory. */
  function losing(
    session: Session,
    call: 'open' | 'openAlone' | 'align' | 'keyRows',
    times: number,
  ): void {
    const { batches } = session
    const original = batches[call].bind(batches) as (...args: unknown[]) => unknown
    let left = times
    const lose = (...args: unknown[]): unknown => {
      if (left-- <= 0) return original(...args)
      revokeAll(session)
      throw new WebAssembly.RuntimeError('memory access out of bounds')
    }
    Object.assign(batches, { [call]: lose })
  }

  it('while the members of a set are read has the body run again', () => {
    const session = openSession()
    transact(session, (tx) => tx.union('set', ['a', 'b']), undefined)
    losing(session, 'open', 1)
    let members: unknown
    const runs = runsOf(session, (tx) => {
      members = tx.members('set')
    })
    expect(members).toEqual(new Set(['a', 'b']))
    expect(runs).toBe(2)
  })

  it('while rows are taken out has the body run again', () => {
    const session = openSession()
    transact(session, (tx) => tx.set('rows', tableOf(rowsWith([1, 2]))), undefined)
    losing(session, 'keyRows', 1)
    expect(runsOf(session, (tx) => tx.deleteRows('rows', [1]))).toBe(2)
    const left = transact(session, (tx) => rowsOf(tx.copy('rows') as RecordBatch), undefined)
    expect(left).toEqual(rowsWith([2]))
  })

  it('while rows are made for a batch has it looked at again', () => {
    const session = openSession()
    transact(session, (tx) => tx.set('rows', tableOf(rowsWith([1]))), undefined)
    losing(session, 'align', 2)
    expect(runsOf(session, (tx) => tx.append('rows', tableOf(rowsWith([2]))))).toBe(1)
    losing(session, 'align', 3)
    expect(runsOf(session, (tx) => tx.append('rows', tableOf(rowsWith([3]))))).toBe(2)
    const rows = transact(session, (tx) => rowsOf(tx.copy('rows') as RecordBatch), undefined)
    expect(rows).toEqual(rowsWith([1, 2, 3]))
  })

  it('while what was added is merged has the rows added all the same', () => {
    const session = openSession()
    transact(session, (tx) => tx.set('rows', tableOf(rowsWith([0]))), undefined)
    losing(session, 'openAlone', 1)
    for (let i = 1; i < 40; i++) {
      transact(session, (tx) => tx.append('rows', tableOf(rowsWith([i]))), undefined)
    }
    const rows = transact(session, (tx) => tx.copy('rows')?.numRows, undefined)
    expect(rows).toBe(40)
  })
})

/** Transactions that are ended by the code of the values that they are to write. */
import { type ExplicitTransaction, type Khonsu, record, TransactionEndedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { rowsUnder, rowsWith, tableOf } from '../../support/rows.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

type Write = (tx: ExplicitTransaction, end: () => void, khonsu: Khonsu) => void

/** What ends the transaction when it is looked at. */
function ending<T extends object>(value: T, end: () => void): T {
  return new Proxy(value, {
    get(...of) {
      end()
      return Reflect.get(...of)
    },
  })
}

function codecThat(end: () => void) {
  const encode = (value: number): number => {
    end()
    return value
  }
  return { encode, decode: Number }
}

const WRITES: readonly [string, Write][] = [
  ['a list of keys of rows', (tx, end) => tx.deleteRows('rows', ending([2], end))],
  ['keys of rows', (tx, end) => tx.deleteRows('rows', ending(tableOf(rowsWith([2])), end))],
  ['rows to add', (tx, end) => tx.append('rows', ending(tableOf(rowsWith([4])), end))],
  ['a batch', (tx, end) => tx.write('rows', ending(tableOf(rowsWith([4])), end))],
  ['a codec', (tx, end, khonsu) => tx.write(khonsu.ref('rows', codecThat(end)), 5)],
  [
    'a codec of what is merged',
    (tx, end, khonsu) => tx.write(khonsu.ref('rows', codecThat(end)), 5, { merge: 'mine' }),
  ],
  [
    'a record',
    (tx, end, khonsu) =>
      tx.write(khonsu.ref('rows', record({ n: 'float64' })), ending({ n: 1 }, end)),
  ],
  ['JSON', (tx, end) => tx.write('rows', ending({ n: 1 }, end))],
]

describe('a transaction that is ended while it is told to write', () => {
  it.each(WRITES)('by %s writes nothing, and nobody writes it later', async (_, write) => {
    const khonsu = await openStore()
    khonsu.defineMerge('mine', (_base, _theirs, mine) => mine)
    khonsu.transact((tx) => tx.set('rows', tableOf(rowsWith([1, 2, 3]))))
    const tx = khonsu.startTransaction()
    const error = thrownBy(() => write(tx, () => tx.rollback(), khonsu))
    expect(error).toBeInstanceOf(TransactionEndedError)
    expect(error).toMatchObject({ end: 'rolled-back' })
    khonsu.transact((next) => next.set('other', 1))
    const next = khonsu.startTransaction()
    next.write('other', 2)
    next.commit()
    expect(rowsUnder(khonsu, 'rows')).toEqual(rowsWith([1, 2, 3]))
  })
})

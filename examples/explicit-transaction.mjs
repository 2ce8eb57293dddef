/** Transactions that are ended by hand, and what becomes of conflicts between them. */
import { Khonsu, TransactionConflictError } from 'khonsu'

const khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
try {
  khonsu.transact((tx) => {
    tx.set('seats', 3)
    tx.set('waiting', 0)
  })

  const first = khonsu.startTransaction({ name: 'first' })
  const second = khonsu.startTransaction({ name: 'second' })
  first.write('seats', Number(first.read('seats')) - 1)
  second.write('seats', Number(second.read('seats')) - 2)

  const { timestamp } = first.commit()
  console.log(`first committed: ${timestamp > 0}`)
  try {
    second.commit()
  } catch (error) {
    if (!(error instanceof TransactionConflictError)) throw error
    console.log(`second: ${error.reason} on ${error.key}, retryable: ${error.retryable}`)
  }

  // A transaction that has ended cannot be used again: begin a new one, on a new snapshot.
  const again = khonsu.startTransaction()
  again.write('seats', Number(again.read('seats')) - 2)
  again.commit()
  console.log(`seats left: ${khonsu.transact((tx) => tx.get('seats'))}`)

  // With `ignore`, a write that comes too late is dropped, and the result names its key.
  const late = khonsu.startTransaction({ onConflict: 'ignore' })
  late.write('seats', 99)
  late.write('waiting', 1)
  khonsu.transact((tx) => tx.set('seats', 10))
  console.log(`dropped: ${late.commit().ignored}`)

  // With `replace`, the last writer wins.
  const last = khonsu.startTransaction({ onConflict: 'replace' })
  last.write('seats', 20)
  khonsu.transact((tx) => tx.set('seats', 15))
  last.commit()
  const [seats, waiting] = khonsu.transact((tx) => [tx.get('seats'), tx.get('waiting')])
  console.log(`seats ${seats}, waiting ${waiting}`)
} finally {
  await khonsu.close()
}

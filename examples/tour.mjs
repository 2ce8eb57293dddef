/** The calls that the README shows, one after another. */
import {
  Khonsu,
  record,
  SnapshotTooOldError,
  TransactionAbortedError,
  TransactionConflictError,
  ValueNotAcceptableError,
} from 'khonsu'

const khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
khonsu.transact((tx) => {
  tx.set('alice', 100)
  tx.set('bob', 20)
})

transfer()
records()
ranges()
options()
updates()
byHand()
values()
errors()
statistics()
await deferred()
await khonsu.close()

function transfer() {
  const left = khonsu.transact((tx) => {
    const alice = Number(tx.get('alice'))
    if (alice < 30) return alice
    tx.set('alice', alice - 30)
    tx.update('bob', (old) => Number(old ?? 0) + 30)
    return alice - 30
  })
  console.log(`left: ${left}`)
}

function records() {
  const summary = record({ count: 'uint32', sum: 'float64', greatest: 'int32' })
  const daily = khonsu.ref(['summary', 'today'], summary, { count: 0, sum: 0, greatest: 0 })
  khonsu.transact((tx) => {
    const today = tx.modify(daily)
    today.count += 1
    today.sum += 12.5
    today.greatest = Math.max(today.greatest, 12)
  })

  const names = Array.from({ length: 1000 }, (_, n) => ['cell', n])
  const cells = khonsu.refs(names)
  khonsu.transact((tx) => {
    tx.setAt(cells, 7, 1)
    tx.setAt(cells, 8, Number(tx.getAt(cells, 7)) + 1)
  })
  console.log(khonsu.transact((tx) => [tx.get(daily)?.greatest, tx.get(['cell', 8])]).join(' '))
}

function ranges() {
  khonsu.transact((tx) => {
    for (const price of [30, 10, 20]) tx.set(['price', price], price / 10)
  })
  khonsu.transact((tx) => {
    for (const [key, value] of tx.scan({ prefix: ['price'], lt: ['price', 30] })) {
      console.log(`${key}: ${value}`)
    }
    console.log(`dearest: ${[...tx.keys({ prefix: ['price'], reverse: true, limit: 1 })]}`)
  })
  const prices = new Float64Array(100)
  const priced = khonsu.transact((tx) => tx.scanInto({ prefix: ['price'] }, prices), {
    readOnly: true,
  })
  console.log(`${priced} prices, the first one ${prices[0]}`)
}

function options() {
  const total = khonsu.transact((tx) => Number(tx.get('alice')) + Number(tx.get('bob')), {
    isolation: 'repeatable-read',
    readOnly: true,
    name: 'audit',
    timeoutMs: 1000,
  })

  khonsu.transact((tx) => tx.set('audited', total), {
    onConflict: 'replace',
    maxAttempts: 5,
    onCommit: ({ timestamp }) => console.log(`audited: ${timestamp > 0}`),
  })
}

function updates() {
  khonsu.transact((tx) => {
    tx.add('visits', 1)
    tx.max('dearest', 120)
  })
  console.log(khonsu.transact((tx) => [tx.get('visits'), tx.get('dearest')]).join(' visit, '))
}

function byHand() {
  const transaction = khonsu.startTransaction({ name: 'by hand' })
  try {
    const balance = Number(transaction.read('alice'))
    transaction.write('alice', balance - 5)
    transaction.delete('audited')
    const { timestamp, ignored } = transaction.commit()
    console.log(`committed: ${timestamp > 0}, dropped: ${ignored.length}`)
  } catch (error) {
    if (!(error instanceof TransactionConflictError)) throw error
    console.log(`${error.key} changed meanwhile: begin again`)
  } finally {
    transaction.rollback() // does nothing after a commit
  }
}

function values() {
  khonsu.transact((tx) => {
    tx.set('name', 'Ångström')
    tx.set(17, 2n ** 62n)
    tx.set(['user', 17], { name: 'Ada', tags: ['a', 'b'], born: null })
    tx.set(['picture', 17, 'small'], new Uint8Array([1, 2, 3]))
    tx.set('ready', true)
  })
  const user = khonsu.transact((tx) => tx.get(['user', 17]))
  console.log(JSON.stringify(user))
}

function errors() {
  try {
    khonsu.transact((tx) => tx.set('result', { mean: 0 / 0 }), { maxAttempts: 3 })
  } catch (error) {
    if (error instanceof ValueNotAcceptableError) console.log(`${error.code} at ${error.path}`)
    else if (error instanceof TransactionAbortedError) console.log(`gave up: ${error.trigger}`)
    else if (error instanceof SnapshotTooOldError) console.log('too slow')
    else throw error
  }
}

function statistics() {
  const { commits, aborts, memory, horizon } = khonsu.stats()
  console.log(`${commits} commits, ${aborts.total} aborts`)
  console.log(`${memory.usedBytes} of ${memory.arenaBytes} bytes claimed`)
  console.log(`oldest snapshot: ${horizon.holder?.name ?? 'none'}`)
}

async function deferred() {
  const sum = await khonsu.transactDeferrable(
    (tx) => Number(tx.get('alice')) + Number(tx.get('bob')),
  )
  console.log(`together: ${sum}`)
}

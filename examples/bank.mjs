// @ts-nocheck
/** Transfers between accounts on every thread of the pool: the sum of all accounts never changes. */
import { Khonsu } from 'khonsu'

const ACCOUNTS = 100
const TRANSFERS = 20_000

const khonsu = await Khonsu.open({ workers: 4, memory: 64 * 1024 * 1024 })
try {
  khonsu.transact((tx) => {
    for (let account = 0; account < ACCOUNTS; account++) tx.set(['account', account], 1000)
  })

  const job = new URL('./bank-worker.mjs', import.meta.url)
  const refused = await khonsu.runAll(job, { accounts: ACCOUNTS, transfers: TRANSFERS })

  const total = khonsu.transact((tx) => {
    let sum = 0
    for (let account = 0; account < ACCOUNTS; account++) sum += tx.get(['account', account])
    return sum
  })
  console.log(`${refused.length} workers, ${refused.length * TRANSFERS} transfers`)
  console.log(`total ${total}, as at the beginning: ${total === ACCOUNTS * 1000}`)
} finally {
  await khonsu.close()
}

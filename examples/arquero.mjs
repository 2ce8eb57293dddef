// @ts-nocheck
/**
 * What workers have put together is handed to Arquero: as Arrow IPC, and as columns in place. It needs
 * `npm install arquero`.
 */
import { agg, fromArrow, op, table } from 'arquero'
import { Khonsu } from 'khonsu'
import { ipcBytes } from 'khonsu/arrow'

const WORKERS = 3
const SALES = 4_000

const khonsu = await Khonsu.open({ workers: WORKERS, memory: 64 * 1024 * 1024 })
try {
  const job = new URL('./shop-worker.mjs', import.meta.url)
  await khonsu.runAll(job, (worker) => ({ worker, sales: SALES }))

  // All columns, as bytes of this thread: they stay right whatever happens to the store.
  const sales = fromArrow(ipcBytes(khonsu, 'sales'))
  const takings = sales
    .groupby('goods')
    .rollup({ sold: op.count(), taken: op.sum('price') })
    .orderby('goods')
  for (const { goods, sold, taken } of takings) console.log(`${goods}: ${sold} sold for ${taken}`)

  // Two columns, as they lie in shared memory: of use inside of the transaction, and no longer.
  const [highest, sum] = khonsu.transact((tx) => {
    const { values: sale } = tx.column('sales', 'sale')
    return [agg(table({ sale }), op.max('sale')), sale.reduce((total, n) => total + n, 0)]
  })
  console.log(`the last sale has number ${highest}`)

  console.log(`Arquero agrees: ${agg(sales, op.sum('sale')) === sum}`)
} finally {
  await khonsu.close()
}

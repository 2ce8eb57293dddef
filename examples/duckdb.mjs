// @ts-nocheck
/**
 * What workers have put together is handed to DuckDB. Its package for Node.js takes no Arrow: columns go
 * into chunks of 2048 rows, which an appender takes, so each value is copied. It needs
 * `npm install @duckdb/node-api`.
 */
import { Khonsu } from 'khonsu'

const WORKERS = 3
const SALES = 4_000
const CHUNK_ROWS = 2_048

const duckdb = await import('@duckdb/node-api').catch(() => undefined)
if (duckdb === undefined) {
  console.log(`skipped: no DuckDB for ${process.platform} on ${process.arch}`)
} else {
  const khonsu = await Khonsu.open({ workers: WORKERS, memory: 64 * 1024 * 1024 })
  const instance = await duckdb.DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const job = new URL('./shop-worker.mjs', import.meta.url)
    await khonsu.runAll(job, (worker) => ({ worker, sales: SALES }))
    await handOver(khonsu, connection)
    await report(khonsu, connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
    await khonsu.close()
  }
}

async function handOver(khonsu, connection) {
  const { DOUBLE, INTEGER, VARCHAR } = duckdb
  await connection.run('create table sales (sale integer, goods varchar, price double)')
  const appender = await connection.createAppender('sales')
  // One version of the batch, which nobody changes or frees meanwhile.
  const pinned = khonsu.transact((tx) => tx.pin('sales'))
  try {
    appendBatch(appender, pinned.batch, [INTEGER, VARCHAR, DOUBLE])
  } finally {
    pinned.release()
  }
  appender.closeSync()
}

function appendBatch(appender, batch, types) {
  for (let row = 0; row < batch.numRows; row += CHUNK_ROWS) {
    const slice = batch.slice(row, row + CHUNK_ROWS)
    const chunk = duckdb.DuckDBDataChunk.create(types, slice.numRows)
    chunk.setColumns(types.map((_, column) => valuesOf(slice.getChildAt(column))))
    appender.appendDataChunk(chunk)
  }
}

/** Of numbers, `toArray` is the array that they lie in, in which a null is a 0. */
function valuesOf(column) {
  return column.nullCount === 0 ? column.toArray() : [...column]
}

async function report(khonsu, connection) {
  const takings = await connection.runAndReadAll(`
    select goods, count(*)::integer as sold, sum(price) as taken,
      count(*) filter (price is null)::integer as free
    from sales group by goods order by goods`)
  for (const { goods, sold, taken, free } of takings.getRowObjects()) {
    console.log(`${goods}: ${sold} sold for ${taken}, ${free} of them given away`)
  }
  const sums = await connection.runAndReadAll('select sum(sale)::integer from sales')
  const [[sum]] = sums.getRows()
  const expected = khonsu.transact((tx) => {
    return tx.column('sales', 'sale').values.reduce((total, n) => total + n, 0)
  })
  console.log(`DuckDB agrees: ${sum === expected}`)
}

// @ts-nocheck
/** Batches as values, in files of Arrow IPC, and back. */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromArrays } from 'apache-arrow'
import { IpcError, Khonsu } from 'khonsu'
import { exportIpc, importIpc, ipcBytes } from 'khonsu/arrow'

const khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
const folder = await mkdtemp(join(tmpdir(), 'khonsu-'))
const path = join(folder, 'flights.arrow')
try {
  const flights = (id, delay) =>
    tableFromArrays({ id: Int32Array.from(id), delay: Int16Array.from(delay) })

  khonsu.transact((tx) => {
    tx.set('flights', flights([1, 2, 3], [5, -2, 90]))
    tx.append('flights', flights([4], [15]))
    tx.upsert('flights', flights([2, 5], [7, 0]))
  })

  const minutes = khonsu.transact((tx) => {
    let sum = 0
    for (const delay of tx.column('flights', 'delay').values) sum += delay
    return sum
  })
  console.log(`${minutes} minutes late`) // 117 minutes late

  await exportIpc(khonsu, 'flights', path)
  const { rows } = await importIpc(khonsu, 'copy', path, { replace: true })
  console.log(`${rows} rows came back`) // 5 rows came back

  // Each batch of a stream is added in a transaction of its own; here the stream is the same file.
  await importIpc(khonsu, 'copy', createReadStream(path))
  console.log(`now there are ${khonsu.transact((tx) => tx.table('copy').numRows)}`)

  await importIpc(khonsu, 'copy', path, { replace: true })
  const isSame = Buffer.compare(ipcBytes(khonsu, 'copy'), ipcBytes(khonsu, 'flights')) === 0
  console.log(`the same bytes: ${isSame}`)

  await truncate(path, (await stat(path)).size - 1)
  try {
    await importIpc(khonsu, 'copy', path, { replace: true })
  } catch (error) {
    if (!(error instanceof IpcError)) throw error
    console.log(
      `${error.code}, and still ${khonsu.transact((tx) => tx.table('copy').numRows)} rows`,
    )
  }
} finally {
  await rm(folder, { recursive: true })
  await khonsu.close()
}

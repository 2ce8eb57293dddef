import { attach } from 'khonsu'

/**
 * Writes the batch of one key under another one, and says how many rows it has.
 *
 * @param {{ from: string, to: string }} input
 */
export default function copyBatch({ from, to }) {
  return attach().transact((tx) => {
    const batch = tx.get(from)
    if (batch === undefined) throw new Error(`there is no ${from}`)
    tx.set(to, batch)
    return /** @type {import('apache-arrow').RecordBatch} */ (batch).numRows
  })
}

import { attach } from 'khonsu'

/**
 * Opens the batch of a handle, and sums a column of it; -1 when it is gone. With `keeps` the pin is left.
 *
 * @param {{ handle: import('khonsu').BatchHandle, column: string, keeps: boolean, ends: boolean }} input
 */
export default function sumOfHandle({ handle, column, keeps, ends }) {
  const pinned = attach().openBatch(handle)
  if (pinned === undefined) return -1
  let sum = 0
  for (const value of pinned.batch.getChild(column) ?? []) sum += Number(value)
  if (!keeps) pinned.release()
  if (ends) process.exit(3)
  return sum
}

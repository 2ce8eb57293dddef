import { attach } from 'khonsu'

/**
 * Keeps a snapshot open for a while.
 *
 * @param {{ name: string, lengthMs: number }} input
 */
export default async function holdSnapshot({ name, lengthMs }) {
  const transaction = attach().startTransaction({ name })
  await new Promise((resolve) => setTimeout(resolve, lengthMs))
  transaction.rollback()
}

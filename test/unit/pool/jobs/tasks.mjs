import { threadId } from 'node:worker_threads'
import { attach, TransactionConflictError } from 'khonsu'

/**
 * Does one of several things.
 *
 * @param {{ task: string, value?: any }} input
 * @returns {Promise<unknown>}
 */
export default async function perform({ task, value }) {
  const store = attach()
  switch (task) {
    case 'thread':
      return threadId
    case 'same store':
      return attach() === store
    case 'set':
      return store.transact((tx) => tx.set(value.key, value.value))
    case 'sleep':
      await new Promise((resolve) => setTimeout(resolve, value))
      return value
    case 'busy':
      for (const end = Date.now() + value; Date.now() < end; );
      return value
    case 'exit':
      return process.exit(value)
    case 'exit later':
      setTimeout(() => process.exit(value), 20)
      return new Promise(() => {})
    case 'throw type error':
      throw Object.assign(new TypeError('bad type', { cause: new RangeError('deep') }), {
        detail: 5,
      })
    case 'throw conflict':
      throw new TransactionConflictError({ reason: 'locked', key: ['a', 1], opponent: 'other' })
    case 'throw text':
      throw 'just text'
    case 'throw in body':
      return store.transact((tx) => {
        tx.set('a', 'changed')
        tx.set('a', /** @type {any} */ (Symbol('no data')))
      })
    case 'retry for ever':
      return store.transact((tx) => {
        const seen = tx.get('a')
        store.transact((other) => other.set('a', Math.random()))
        tx.set('b', Number(seen ?? 0))
      })
    case 'return a function':
      return () => 1
    default:
      return { task, value }
  }
}

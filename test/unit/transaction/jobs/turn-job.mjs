import { attach } from 'khonsu'

/** Runs of a body before its transaction has its turn. */
const RUNS_BEFORE_TURN = 16

const WAIT_MS_MAX = 5_000

/**
 * Updates a key in a transaction that is aborted until it has its turn; `flags[0]` says when. What comes
 * then is up to the task:
 *
 * - `tell`: goes on after 5 ms, and says so in `flags[1]`.
 * - `wait`: waits until `flags[1]` is set.
 * - `exit`: ends the thread.
 *
 * @param {{ flags: Int32Array; task: 'tell' | 'wait' | 'exit' }} input
 * @returns {number} how often the body ran
 */
export default function turnJob({ flags, task }) {
  const store = attach()
  let runs = 0
  store.transact((tx) => {
    runs++
    tx.update('key', (old) => Number(old ?? 0) + 1)
    if (runs <= RUNS_BEFORE_TURN) {
      store.transact((other) => other.set('key', -runs))
      return
    }
    Atomics.store(flags, 0, 1)
    if (task === 'exit') process.exit()
    Atomics.wait(flags, 1, 0, task === 'wait' ? WAIT_MS_MAX : 5)
    if (task === 'tell') Atomics.store(flags, 1, 1)
  })
  return runs
}

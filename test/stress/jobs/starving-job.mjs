import { attach } from 'khonsu'

/** Runs of a body before its transaction can have its turn. */
const RUNS_BEFORE_TURN = 16

/** Milliseconds that it waits for an update that aborts it, when there may be none. */
const WAIT_MS_MAX = 4

/**
 * One worker sums up all keys so many times; the others update them as fast as they can until it is
 * done, and count their updates in `flags[0]`. A sum goes on when other updates have followed its reads;
 * where they may hold back for it, also when they do not come. `flags[1]` says that it is done.
 * @param {{ isSlow: boolean; keyCount: number; sumCount: number; flags: Int32Array }} input
 * @returns {number[]} how often the body of each sum ran
 */
export default function starvingJob({ isSlow, keyCount, sumCount, flags }) {
  const store = attach()
  if (isSlow) {
    while (Atomics.load(flags, 0) === 0);
    const runs = Array.from({ length: sumCount }, () => sumUp(store, keyCount, flags))
    Atomics.store(flags, 1, 1)
    return runs
  }
  for (let i = 0; Atomics.load(flags, 1) === 0; i++) {
    store.transact((tx) => tx.update(['key', i % keyCount], (old) => Number(old) + 1))
    Atomics.add(flags, 0, 1)
  }
  return []
}

/** @param {import('khonsu').Store} store @param {number} keyCount @param {Int32Array} flags */
function sumUp(store, keyCount, flags) {
  let runs = 0
  store.transact((tx) => {
    runs++
    let sum = 0
    for (let i = 0; i < keyCount; i++) sum += Number(tx.get(['key', i]))
    const isPatient = runs <= RUNS_BEFORE_TURN
    const endMs = isPatient ? Number.POSITIVE_INFINITY : performance.now() + WAIT_MS_MAX
    const seen = Atomics.load(flags, 0)
    while (Atomics.load(flags, 0) < seen + keyCount && performance.now() < endMs);
    tx.set('sum', sum)
  })
  return runs
}

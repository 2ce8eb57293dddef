import { attach } from 'khonsu'
import { summary } from './counters-record.mjs'

/**
 * Adds measurements to random stations; returns their sum.
 *
 * @param {{ stations: readonly string[], measurements: number, seed: number }} input
 */
export default function addUp({ stations, measurements, seed }) {
  const store = attach()
  const refs = stations.map((station) => store.ref(['station', station], summary))
  const next = randomFrom(seed)
  let total = 0
  for (let i = 0; i < measurements; i++) {
    const ref = refs[next() % refs.length]
    if (ref === undefined) continue
    const value = (next() % 61) - 20
    store.transact((tx) =>
      tx.update(ref, (old) => ({
        count: (old?.count ?? 0) + 1,
        sum: (old?.sum ?? 0) + value,
        least: Math.min(old?.least ?? value, value),
        greatest: Math.max(old?.greatest ?? value, value),
      })),
    )
    total += value
  }
  return total
}

/**
 * Marsaglia's xorshift32.
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = seed * 0x9e3779b1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

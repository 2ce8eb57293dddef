// @ts-nocheck
import { tableFromArrays } from 'apache-arrow'
import { attach } from 'khonsu'

/** Appends entries of three events each. @param {{ number: number, entries: number }} input */
export default function write({ number, entries }) {
  const store = attach()
  for (let entry = 0; entry < entries; entry++) {
    const events = tableFromArrays({
      writer: Uint8Array.of(number, number, number),
      entry: Int32Array.of(entry, entry, entry),
      step: Uint8Array.of(0, 1, 2),
    })
    store.transact((tx) => tx.append('log', events))
  }
  store.transact((tx) => tx.add('writing', -1))
}

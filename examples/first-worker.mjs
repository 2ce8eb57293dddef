// first-worker.mjs
import { attach } from 'khonsu'

/** @param {number} count */
export default function visit(count) {
  const store = attach()
  const visits = store.ref('visits')
  for (let i = 0; i < count; i++) {
    store.transact((tx) => tx.update(visits, (old) => Number(old) + 1))
  }
}

/** Inserts keys into the index of an arena as fast as it can, beside another thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { Arena } from '#dist/src/memory/arena.js'

/**
 * @typedef {object} InserterSetup
 * @property {WebAssembly.Memory} memory
 * @property {Int32Array} gate
 * @property {number} seed
 * @property {number} worker
 * @property {number} sharedCount keys that both threads insert
 * @property {number} ownCount keys that only this one inserts
 */

/** @type {InserterSetup} */
const { memory, gate, seed, worker, sharedCount, ownCount } = workerData
const arena = Arena.attach({ memory, segments: [] })
const cells = new Int32Array(sharedCount + ownCount)

/** @param {string} text */
function insert(text) {
  arena.bytes.set(Buffer.from(text), arena.scratch)
  return arena.kernel.lookUpOrInsert(text.length)
}

// Both go through the shared keys in nearly the same order, so that they meet at many of them.
const stride = 1 + (seed % 3)
Atomics.add(gate, 0, 1)
while (Atomics.load(gate, 0) < 2);
for (let i = 0; i < sharedCount; i++) {
  const key = i ^ (i % 2 === 0 && i + 1 < sharedCount && stride > 1 ? 1 : 0)
  cells[key] = insert(`key ${key}`)
  cells[i] = insert(`key ${i}`)
  if (i < ownCount) cells[sharedCount + i] = insert(`own ${worker} ${i}`)
}
parentPort?.postMessage(cells)

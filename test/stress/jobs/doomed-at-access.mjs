/** A thread that works on the hooked kernel, and ends before one of its accesses to shared memory. */
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * @type {{
 *   handle: import('khonsu').StoreHandle, kernel: string, bank: import('./accounts.mjs').Bank,
 *   accessCount: number,
 * }}
 */
const { handle, kernel, bank, accessCount } = workerData

let left = Number.POSITIVE_INFINITY
const beforeAccess = () => {
  if (--left === 0) process.exit(9)
}

// Everything above the kernel is the product's: it is given another build of it.
const hooked = new WebAssembly.Module(readFileSync(kernel))
const { Instance } = WebAssembly
Object.defineProperty(WebAssembly, 'Instance', {
  value: class extends Instance {
    /** @param {unknown} _ @param {{ env: object }} imports */
    constructor(_, imports) {
      super(hooked, { env: { ...imports.env, beforeAccess } })
    }
  },
})

const { attach } = await import('khonsu')
const { move } = await import('./accounts.mjs')
const { replaceBanner } = await import('./banner.mjs')
const store = attach(handle)
parentPort?.postMessage('works')
left = accessCount
for (;;) {
  move(store, { ...bank, form: 'refs', untilMs: Date.now() + 1 })
  replaceBanner(store)
}

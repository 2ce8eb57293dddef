import { readFileSync } from 'node:fs'
import type { Kernel } from '../memory/kernel.ts'

const HOOKED_KERNEL_URL = new URL('../../native-layout/kernel-hooked.wasm', import.meta.url)

const GLOBAL_PREFIX = 'global:'

/** Is called before each shared access: 0 load, 1 store, 2 both; and the address. */
export type Hook = (kind: number, address: number) => void

/** The second build of the kernel, or the one in another file: with a seeded fault. */
export function loadHookedKernel(path: URL | string = HOOKED_KERNEL_URL): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(path))
}

/** Accesses after which a call, or a run, is taken for one without end. */
export const ACCESS_COUNT_MAX = 200_000

/** Throws where no end is to be expected. */
export function throwEndless(): never {
  throw new Error('it does not come to an end')
}

/** An instance of the hooked kernel that can be put back into the state in which it was kept. */
export class HookedKernel {
  readonly kernel: Kernel
  readonly #globals: WebAssembly.Global[]
  #kept: (number | bigint)[] = []

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, beforeAccess: Hook) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory, beforeAccess } })
    this.kernel = { ...exports } as unknown as Kernel
    this.#globals = Object.entries(exports)
      .filter(([name]) => name.startsWith(GLOBAL_PREFIX))
      .map(([, value]) => value as WebAssembly.Global)
  }

  /** Remembers the globals. */
  keep(): void {
    this.#kept = this.#globals.map(({ value }) => value)
  }

  /** Takes the globals back that were remembered: nothing is left of a call that was ended. */
  restore(): void {
    for (const [index, value] of this.#kept.entries()) {
      const global = this.#globals[index]
      if (global !== undefined) global.value = value
    }
  }
}

/**
 * The part of the WebAssembly API that the engine uses. TypeScript declares it only together with
 * the DOM, which a program for Node.js has no use for.
 */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>
  type Imports = Record<string, Record<string, unknown>>

  interface MemoryDescriptor {
    /** In pages of 64 KiB. */
    initial: number
    /** In pages of 64 KiB. */
    maximum?: number
    shared?: boolean
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor)
    readonly buffer: ArrayBufferLike
  }

  class Module {
    constructor(bytes: Uint8Array)
    static imports(module: Module): { module: string; name: string; kind: string }[]
  }

  class Global {
    value: number | bigint
  }

  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }

  class RuntimeError extends Error {}
}

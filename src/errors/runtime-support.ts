import { UnsupportedRuntimeError } from './store-errors.ts'

const NODE_MAJOR_MIN = 20
const NODE_MINOR_MIN = 19
const NEEDED = `Node.js ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer`

/** What a runtime is recognised by: a part of `globalThis`. */
export interface RuntimeGlobals {
  readonly process?: {
    readonly versions?: { readonly node?: string; readonly deno?: string; readonly bun?: string }
  }
  readonly Deno?: unknown
  readonly Bun?: unknown
  readonly window?: unknown
  readonly importScripts?: unknown
}

/**
 * Returns when the engine can run here.
 *
 * Deno and Bun also offer a Node-like `process`, so they are looked for first. A `window` beside a
 * real Node, as in tests with a simulated DOM, is no browser.
 *
 * @throws {UnsupportedRuntimeError} in a browser, in Deno, in Bun, and in Node.js before 20.19. Not
 * safe to retry.
 */
export function assertSupportedRuntime(globals: RuntimeGlobals = globalThis): void {
  const versions = globals.process?.versions
  const node = versions?.node
  if (globals.Deno !== undefined) throw refuse('Deno', versions?.deno)
  if (globals.Bun !== undefined) throw refuse('Bun', versions?.bun)
  if (node !== undefined) {
    if (!isNodeSupported(node)) throw refuse('Node.js', node)
    return
  }
  const inBrowser = globals.window !== undefined || globals.importScripts !== undefined
  throw refuse(inBrowser ? 'browser' : 'unknown')
}

function isNodeSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN)
}

function refuse(runtime: string, version?: string): UnsupportedRuntimeError {
  return new UnsupportedRuntimeError({ runtime, version, needed: NEEDED })
}

import { describe, expect, it } from 'vitest'
import { assertSupportedRuntime, type RuntimeGlobals } from '../../../src/errors/runtime-support.ts'
import { UnsupportedRuntimeError } from '../../../src/errors/store-errors.ts'

function node(version: string, more: RuntimeGlobals = {}): RuntimeGlobals {
  return { process: { versions: { node: version } }, ...more }
}

function refusalOf(globals: RuntimeGlobals): UnsupportedRuntimeError {
  try {
    assertSupportedRuntime(globals)
  } catch (error) {
    if (error instanceof UnsupportedRuntimeError) return error
    throw error
  }
  throw new Error('the runtime was accepted')
}

describe('assertSupportedRuntime', () => {
  it('accepts the Node.js that runs this test', () => {
    expect(() => assertSupportedRuntime()).not.toThrow()
  })

  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0', '100.0.0'])(
    'accepts Node.js %s',
    (version) => {
      expect(() => assertSupportedRuntime(node(version))).not.toThrow()
    },
  )

  it('accepts Node.js with a simulated window', () => {
    expect(() => assertSupportedRuntime(node('22.1.0', { window: {} }))).not.toThrow()
  })

  it.each(['18.20.4', '20.18.3', '19.99.0', '0.12.1', ''])('refuses Node.js %j', (version) => {
    expect(refusalOf(node(version))).toMatchObject({ runtime: 'Node.js', version })
  })

  it.each<[string, RuntimeGlobals, string]>([
    ['a browser window', { window: {} }, 'browser'],
    ['a browser worker', { importScripts: () => {} }, 'browser'],
    ['Deno, in spite of its process', { ...node('22.0.0'), Deno: {} }, 'Deno'],
    ['Bun, in spite of its process', { ...node('22.0.0'), Bun: {} }, 'Bun'],
    ['a bundler that fakes process', { process: {}, window: {} }, 'browser'],
    ['anything else', {}, 'unknown'],
  ])('refuses %s by name', (_, globals, runtime) => {
    expect(refusalOf(globals)).toMatchObject({ runtime, code: 'KHONSU_UNSUPPORTED_RUNTIME' })
  })

  it('says what to use', () => {
    expect(refusalOf({ Bun: {}, process: { versions: { bun: '1.2.3' } } }).message).toBe(
      'Khonsu does not run in Bun 1.2.3. Use Node.js 20.19 or newer.',
    )
    expect(refusalOf({ window: {} }).message).toContain('does not run in a browser.')
  })
})

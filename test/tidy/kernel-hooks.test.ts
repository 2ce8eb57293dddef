import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assemble, hookText, unhookText } from '../../scripts/kernel-hooks.mjs'
import { codeIn, textOf } from './support/tree.ts'

const KERNEL_TEXT = readFileSync(new URL('../../build/kernel.wat', import.meta.url), 'utf8')
const SHIPPED = new URL('../../dist/native-layout/kernel.wasm', import.meta.url)
const HOOKED = new URL('../../dist/native-layout/kernel-hooked.wasm', import.meta.url)

const ATOMIC = /\.atomic\./g
const HOOKED_FUNCTION = /\(func \$hooked:[\s\S]*?\)\n(?= \(func|\)\n$)/g

function importsOf(url: URL): string[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(url)))
  return imports.map(({ name, kind }) => `${kind} ${name}`)
}

describe('the hooked kernel', () => {
  it('is the product again when the hooks are taken out', () => {
    expect(unhookText(hookText(KERNEL_TEXT))).toBe(KERNEL_TEXT)
  })

  it('accesses shared memory only behind the hook', () => {
    const hooked = hookText(KERNEL_TEXT)
    const functions = hooked.match(HOOKED_FUNCTION) ?? []
    expect(functions.length).toBeGreaterThan(20)
    for (const text of functions) {
      expect(text.match(/call \$beforeAccess/g)).toHaveLength(1)
      expect(text.replace(/\$hooked:\S+/, '').match(ATOMIC)).toHaveLength(1)
    }
    const rest = hooked.replace(HOOKED_FUNCTION, '').replace(/call \$hooked:\S+/g, 'call')
    expect(rest.match(ATOMIC)).toBeNull()
    const callCount = hooked.match(/call \$hooked:/g)?.length
    expect(callCount).toBe(KERNEL_TEXT.match(ATOMIC)?.length)
  })

  it('is the one that was built', async () => {
    expect(Buffer.from(await assemble(hookText(KERNEL_TEXT)))).toEqual(readFileSync(HOOKED))
  })

  it('imports the hook, which the product does not', () => {
    expect(importsOf(SHIPPED)).toEqual(['memory memory'])
    expect(importsOf(HOOKED)).toEqual(['memory memory', 'function beforeAccess'])
  })

  it('is loaded by nothing but src/testing and the threads that need it', () => {
    const naming = ['src', 'workers', 'bench', 'examples']
      .flatMap(codeIn)
      .filter(
        (path) =>
          textOf(path).includes('kernel-hooked') || /from '.*\/testing\//.test(textOf(path)),
      )
    const outside = naming.filter((path) => !/^src\/testing[./]/.test(path))
    expect(outside.sort()).toEqual(['bench/doomed-worker.ts', 'workers/explored-thread.ts'])
  })
})

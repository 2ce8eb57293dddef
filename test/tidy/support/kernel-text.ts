/**
 * Looks for what the compiled kernel must not contain: plain accesses to shared bytes, static data,
 * imports but the memory, growth, fences.
 *
 * An access is judged by its displacement: the offset of the instruction plus the constants that are
 * added within its address operand. Displacement 0 from a computed address tells nothing and passes;
 * floats pass at private fields only, since that is where a compiler once made plain loads of
 * atomic ones.
 */
import type { AccessMap } from './access-map.ts'
import { isList, parseWat, visitLists, type WatNode } from './wat.ts'

type WatList = readonly WatNode[]

interface Place {
  readonly displacement: number
  /** No part of the address is computed. */
  readonly isAbsolute: boolean
}

const PLAIN_ACCESS = /^(?<type>i32|i64|f32|f64|v128)\.(?:load|store)(?<bits>\d*)/
const FORBIDDEN =
  /^(?:memory\.(?:grow|init)|data\.drop|atomic\.fence|memory\.atomic\.(?:wait\d+|notify))$/
const TYPE_LENGTH: Readonly<Record<string, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 }

function placeOf(address: WatNode | undefined): Place {
  if (isList(address, 'i32.const')) {
    return { displacement: Number(address[1]) | 0, isAbsolute: true }
  }
  if (isList(address, 'local.tee')) return placeOf(address.at(-1))
  if (isList(address, 'i32.add') || isList(address, 'i32.sub')) {
    const [left, right] = [placeOf(address[1]), placeOf(address[2])]
    const sign = address[0] === 'i32.sub' ? -1 : 1
    return {
      displacement: left.displacement + sign * right.displacement,
      isAbsolute: left.isAbsolute && right.isAbsolute,
    }
  }
  return { displacement: 0, isAbsolute: false }
}

function placeOfAccess(access: WatList): Place {
  const offset = access.find((node) => typeof node === 'string' && node.startsWith('offset='))
  const place = placeOf(access.find((node) => isList(node)))
  return {
    ...place,
    displacement: place.displacement + Number(String(offset ?? '=0').split('=')[1]),
  }
}

function faultOfPlainAccess(access: WatList, map: AccessMap): string | undefined {
  const head = String(access[0])
  const { type = '', bits = '' } = PLAIN_ACCESS.exec(head)?.groups ?? {}
  const { displacement, isAbsolute } = placeOfAccess(access)
  const length = bits === '' ? (TYPE_LENGTH[type] ?? 0) : Number(bits) / 8
  const bytes = Array.from({ length }, (_, index) => displacement + index)
  if (isAbsolute) {
    if (bytes.every((byte) => map.immutableAddresses.has(byte))) return undefined
    return `${head} at address ${displacement}, which is no immutable field of the header`
  }
  if (displacement !== 0 && bytes.some((byte) => map.sharedOffsets.has(byte))) {
    return `${head} at the shared offset ${displacement}`
  }
  if (bytes.some((byte) => map.sharedAddresses.has(byte))) {
    return `${head} at the shared address ${displacement}, indexed`
  }
  if (type.startsWith('i') || map.privateWordOffsets.has(displacement)) return undefined
  return `${head} at offset ${displacement}: only private fields are accessed as floats`
}

function faultsOfFunction(list: WatList, map: AccessMap): string[] {
  const faults: string[] = []
  const name = String(list[1]).replace('$native-layout/kernel/', '')
  visitLists(list, (node) => {
    const head = String(node[0])
    if (FORBIDDEN.test(head)) faults.push(`${name}: ${head}`)
    if (!PLAIN_ACCESS.test(head)) return
    const fault = faultOfPlainAccess(node, map)
    if (fault !== undefined) faults.push(`${name}: ${fault}`)
  })
  return faults
}

function faultOfImport(list: WatList): string | undefined {
  const [, module, name, what] = list
  if (module === '"env"' && name === '"memory"' && isList(what, 'memory')) {
    return what.includes('shared') ? undefined : 'the memory is not shared'
  }
  return `import ${module}.${name}`
}

/** What is wrong with a module, given as folded text; empty when nothing is. */
export function faultsOf(text: string, map: AccessMap): string[] {
  const module = parseWat(text).find((node) => isList(node, 'module'))
  if (!isList(module)) throw new Error('The text holds no module.')
  const faults: string[] = []
  for (const node of module) {
    if (isList(node, 'func')) faults.push(...faultsOfFunction(node, map))
    else if (isList(node, 'data')) faults.push('a data segment')
    else if (isList(node, 'import')) faults.push(...[faultOfImport(node) ?? []].flat())
  }
  return faults
}

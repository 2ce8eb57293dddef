import type { Scenario } from 'khonsu/testing'
import type { Random } from './random.ts'

const KEYS = ['x', 'y', 'z']

/**
 * A scenario of two or three threads that run up to two transactions each, at serializable. In some
 * the first thread may die, and the second one recovers it. With `judges` some transactions may be
 * judged, and real time does not count.
 */
export function randomScenario(random: Random, number: number, judges: boolean): Scenario {
  const pick = (count: number): number => random() % count
  const usesBlocks = pick(3) === 0
  const isMortal = pick(3) === 0
  let variableCount = 0
  const value = (): string => `${usesBlocks && pick(2) === 0 ? '#' : ''}${1 + pick(9)}`
  const operation = (): string => {
    // Scans add up numbers only.
    if (!usesBlocks && pick(4) === 0) {
      const range = ['x..z', 'x..y', 'y..z'][pick(3)]
      return `${['rscan', 'scan', 'scan'][pick(3)]} ${range} -> v${variableCount++}`
    }
    const key = KEYS[pick(KEYS.length)]
    if (pick(2) === 0) return `${pick(3) === 0 ? 'get' : 'read'} ${key} -> v${variableCount++}`
    if (pick(4) === 0) return `delete ${key}`
    if (!usesBlocks && pick(3) === 0) {
      return `${['add', 'add', 'max', 'min'][pick(4)]} key:${key} ${1 + pick(9)}`
    }
    return `${pick(3) === 0 ? 'put' : 'write'} ${key} ${value()}`
  }
  const transaction = (name: string): string => {
    const modes = judges ? ['', ' judgeable', ' judgeable', ' closed'] : ['', '', ' closed']
    const mode = modes[pick(modes.length)]
    const operations = Array.from({ length: 1 + pick(4) }, operation)
    const swept = KEYS[pick(KEYS.length)]
    const sweep = `; horizon; horizon; sweep ${swept}`
    const beside = ['; horizon', sweep, `${sweep} unborn`, `${sweep}; horizon`][pick(8)] ?? ''
    return `${name}.begin${mode}; ${operations.join('; ')}; commit${beside}`
  }
  const names = ['A', 'B', 'C'].slice(0, 2 + pick(2))
  const threads = names.map((name) => {
    const transactions = Array.from({ length: 1 + pick(2) }, (_, at) => transaction(`${name}${at}`))
    if (isMortal && name === 'B') transactions.splice(pick(2) + 1, 0, 'recover A')
    return [name, transactions.join('; ')] as const
  })
  return {
    name: `random program ${number}`,
    keys: { x: 0, y: usesBlocks ? '#0' : 0, z: null },
    threads: Object.fromEntries(threads),
    ...(isMortal && { dying: ['A'] }),
    allowed: judges ? 'serializable' : 'serial',
  }
}

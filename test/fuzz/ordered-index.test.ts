/**
 * The ordered index against a sorted array: inserts, deletions, recycling, splits and merges, and
 * scans of ranges in both directions, by two threads in turn.
 */
import fc from 'fast-check'
import type { Key, KeyRange, Khonsu, Value } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { treeOf } from '#dist/src/testing/settled-tree.js'
import { encodeKey } from '#dist/src/values/key-encoding.js'
import { MIB, openStore } from '../support/store.ts'

const LONG = 'x'.repeat(200)

/** Keys of all kinds, many of which share a long beginning. */
const key: fc.Arbitrary<Key> = fc.oneof(
  fc.integer({ min: -20, max: 60 }),
  fc.integer({ min: 0, max: 120 }).map((id) => `account:${String(id).padStart(6, '0')}`),
  fc.integer({ min: 0, max: 40 }).map((id) => `${LONG}${id}`),
  fc.tuple(fc.constantFrom('a', 'b', 'é', '\u0000'), fc.integer({ min: 0, max: 40 })),
  fc.tuple(fc.constant('a')),
  fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '\u0000', '\uffff', '😀') }),
)

const bound = fc.option(key, { nil: undefined })
const range = fc.record({
  low: bound,
  lowIsOpen: fc.boolean(),
  high: bound,
  highIsOpen: fc.boolean(),
  reverse: fc.boolean(),
  limit: fc.option(fc.nat(40), { nil: undefined }),
})
type Range = typeof range extends fc.Arbitrary<infer R> ? R : never

const action = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('set' as const), key }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      from: fc.nat(5),
      down: fc.boolean(),
      name: fc.constantFrom('fill', `${LONG}fill`),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('empty' as const), from: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reclaim' as const) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('scan' as const), range }) },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

const bytes = new Uint8Array(2_000)

function nameOf(of: Key): string {
  return Buffer.from(bytes.slice(0, encodeKey(of, bytes, 0))).toString('latin1')
}

function keyRangeOf({ low, lowIsOpen, high, highIsOpen, reverse, limit }: Range): KeyRange {
  return {
    ...(low !== undefined && (lowIsOpen ? { gt: low } : { gte: low })),
    ...(high !== undefined && (highIsOpen ? { lt: high } : { lte: high })),
    ...(limit !== undefined && { limit }),
    reverse,
  }
}

/** A store's contents, as an array would have them. */
class Model {
  readonly entries = new Map<string, [Key, number]>()

  select({ low, lowIsOpen, high, highIsOpen, reverse, limit }: Range): [Key, number][] {
    const first = low === undefined ? '' : nameOf(low)
    const last = high === undefined ? '\u00ff\u00ff' : nameOf(high)
    const names = [...this.entries.keys()].sort().filter((name) => {
      if (name < first || name > last) return false
      return !((lowIsOpen && name === first) || (highIsOpen && name === last))
    })
    if (reverse) names.reverse()
    return names.slice(0, limit).map((name) => this.entries.get(name) as [Key, number])
  }
}

let version = 0

function set(khonsu: Khonsu, model: Model, keys: readonly Key[]): void {
  khonsu.transact((tx) => {
    for (const of of keys) {
      version++
      tx.set(of, version)
      model.entries.set(nameOf(of), [of, version])
    }
  })
}

function remove(khonsu: Khonsu, model: Model, keys: readonly Key[]): void {
  khonsu.transact((tx) => {
    for (const of of keys) {
      tx.delete(of)
      model.entries.delete(nameOf(of))
    }
  })
}

function filled(name: string, from: number, down: boolean): Key[] {
  const keys = Array.from({ length: 40 }, (_, i) => `${name}${from}:${String(i).padStart(3, '0')}`)
  return down ? keys.reverse() : keys
}

function expectScans(khonsu: Khonsu, model: Model, range: Range): void {
  const expected = model.select(range)
  const keyRange = keyRangeOf(range)
  for (const options of [{ readOnly: true }, {}] as const) {
    const seen = khonsu.transact((tx): [Key, Value][] => [...tx.scan(keyRange)], options)
    expect(seen).toEqual(expected)
    expect(khonsu.transact((tx) => tx.count(keyRange), options)).toBe(expected.length)
    const values = new Float64Array(expected.length + 1)
    expect(khonsu.transact((tx) => tx.scanInto(keyRange, values), options)).toBe(expected.length)
    expect([...values.slice(0, expected.length)]).toEqual(expected.map(([, value]) => value))
    const keys = khonsu.transact((tx) => [...tx.keys(keyRange)], options)
    expect(keys).toEqual(expected.map(([of]) => of))
  }
}

async function act(khonsu: Khonsu, model: Model, what: Action): Promise<void> {
  switch (what.kind) {
    case 'set':
      return set(khonsu, model, [what.key])
    case 'delete':
      return remove(khonsu, model, [what.key])
    case 'fill':
      return set(khonsu, model, filled(what.name, what.from, what.down))
    case 'empty':
      remove(khonsu, model, filled('fill', what.from, false))
      return remove(khonsu, model, filled(`${LONG}fill`, what.from, false))
    case 'reclaim':
      await khonsu.reclaim()
      break
    case 'scan':
      expectScans(khonsu, model, what.range)
  }
}

describe('the ordered index', () => {
  it('holds what a sorted array would hold, and is whole after every step', async () => {
    const khonsu = await openStore({ memory: 16 * MIB, workers: 0 })
    const { buffer } = khonsu.share().memory
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 120, size: 'max' }), async (actions) => {
        const model = new Model()
        for (const what of actions) {
          await act(khonsu, model, what)
          expect(treeOf(buffer).fault).toBeUndefined()
        }
        const all = { low: undefined, lowIsOpen: false, high: undefined, highIsOpen: false }
        expectScans(khonsu, model, { ...all, reverse: false, limit: undefined })
        expectScans(khonsu, model, { ...all, reverse: true, limit: undefined })
        remove(
          khonsu,
          model,
          [...model.entries.values()].map(([of]) => of),
        )
        await khonsu.reclaim()
        await khonsu.reclaim()
        const { cells } = treeOf(buffer)
        expect(cells.length).toBe(0)
      }),
      { numRuns: 60, interruptAfterTimeLimit: 25_000 },
    )
  })

  it('gives the memory of emptied leaves back, wherever keys come and go', async () => {
    const khonsu = await openStore({ memory: 16 * MIB, workers: 0 })
    const { buffer } = khonsu.share().memory
    const batch = 1_000
    let most = 0
    for (let round = 0; round < 12; round++) {
      khonsu.transact((tx) => {
        for (let i = 0; i < batch; i++) tx.set(['queue', round * batch + i], i)
        for (let i = 0; i < batch; i++) tx.delete(['queue', (round - 1) * batch + i])
      })
      await khonsu.reclaim()
      const { fault, nodes } = treeOf(buffer)
      expect(fault).toBeUndefined()
      if (round === 2) most = nodes.length
      if (round > 2) expect(nodes.length).toBeLessThan(most * 1.5)
    }
  })
})

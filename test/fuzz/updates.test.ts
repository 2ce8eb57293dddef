/** Transactions of random calls, some of which update without a look, against a map. */
import { type Khonsu, type Transaction, UpdateRefusedError, type Value } from 'khonsu'
import { expect, it } from 'vitest'
import { type Random, randomFrom, testSeed } from '../support/random.ts'
import { openStore } from '../support/store.ts'

const TRANSACTION_COUNT = 4_000
const CALL_COUNT_MAX = 8
const KEYS = ['a', 'b', 'c', 'd']

type Model = Map<string, Value>

class Refused extends Error {}

function combine(call: 'add' | 'max' | 'min', old: Value | undefined, operand: number | bigint) {
  if (old === undefined) return operand
  if (typeof old !== typeof operand) throw new Refused()
  const value = old as typeof operand
  if (call === 'add') return (value as number) + (operand as number)
  return value > operand === (call === 'max') ? value : operand
}

/** Makes one random call, in a transaction and in its model. */
function step(random: Random, tx: Transaction, model: Model): void {
  const pick = (count: number): number => random() % count
  const key = KEYS[pick(KEYS.length)] as string
  const whole = pick(100) - 50
  const operand = key === 'a' || pick(20) === 0 ? BigInt(whole) : whole
  switch (pick(10)) {
    case 0:
      expect(tx.get(key)).toEqual(model.get(key))
      break
    case 1:
      expect(tx.has(key)).toBe(model.has(key))
      break
    case 2: {
      const value = pick(8) === 0 ? 'text' : operand
      tx.set(key, value)
      model.set(key, value)
      break
    }
    case 3:
      expect(tx.delete(key)).toBe(model.delete(key))
      break
    case 4:
      expect([...tx.scan()]).toEqual([...model].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      break
    default: {
      const call = (['add', 'add', 'max', 'min'] as const)[pick(4)] as 'add'
      tx[call](key, operand)
      model.set(key, combine(call, model.get(key), operand))
    }
  }
}

/** Runs one transaction; the state after it, which is the old one if it was refused. */
function run(random: Random, khonsu: Khonsu, model: Model): Model {
  const seed = random()
  const count = 1 + (random() % CALL_COUNT_MAX)
  let next: Model = model
  let isRefused = false
  try {
    khonsu.transact((tx) => {
      const same = randomFrom(seed)
      next = new Map(model)
      for (let call = 0; call < count && !isRefused; call++) {
        try {
          step(same, tx, next)
        } catch (error) {
          if (!(error instanceof Refused)) throw error
          // The store may know of it now or when it commits.
          isRefused = true
        }
      }
    })
  } catch (error) {
    if (!(error instanceof UpdateRefusedError)) throw error
    isRefused = true
    return model
  }
  expect(isRefused).toBe(false)
  return next
}

it('random calls do what they do to a map', async () => {
  const random = randomFrom(testSeed())
  const khonsu = await openStore()
  let model: Model = new Map()
  let refusedCount = 0
  for (let count = 0; count < TRANSACTION_COUNT; count++) {
    const next = run(random, khonsu, model)
    if (next === model) refusedCount++
    model = next
    const found = khonsu.transact((tx) => [...tx.scan()], { readOnly: true })
    expect(new Map(found as [string, Value][])).toEqual(model)
  }
  expect(refusedCount).toBeGreaterThan(TRANSACTION_COUNT / 100)
  expect(refusedCount).toBeLessThan(TRANSACTION_COUNT / 2)
})

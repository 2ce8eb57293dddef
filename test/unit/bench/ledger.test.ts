import { expect, test } from 'vitest'
import { count, Ledger } from '#dist/bench/ledger.js'

test('L1: workers have rows of their own, and totals are over all of them', () => {
  const ledger = Ledger.create(3)
  const rows = [0, 1, 2].map((worker) => ledger.rowOf(worker))
  for (const [worker, row] of rows.entries()) count(row, 1, 10 ** worker)
  expect(rows.map((row) => row[1])).toEqual([1, 10, 100])
  expect(ledger.total(1)).toBe(111)
  expect(ledger.total(0)).toBe(0)
})

test('what a thread is sent is the same ledger', () => {
  const ledger = Ledger.create(1)
  const sent = Ledger.from(structuredClone(ledger))
  count(sent.rowOf(0), 5, 7)
  Atomics.add(sent.ticket, 0, 3)
  expect(ledger.total(5)).toBe(7)
  expect(ledger.ticket[0]).toBe(3)
})

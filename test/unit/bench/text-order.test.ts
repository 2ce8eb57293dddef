import { expect, test } from 'vitest'
import { accountKey } from '#dist/bench/accounts.js'
import { nextInTextOrder, textOrder } from '#dist/bench/text-order.js'

function byText(records: readonly number[]): number[] {
  const keyed = records.map((record) => ({ record, key: accountKey(record) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ record }) => record)
}

test('numbers compare as the texts of their keys', () => {
  const records = [0, 1, 9, 10, 11, 19, 100, 1_000_000, 9_999_999, 10_000_000, 99_999_999, 5, 50]
  const inOrder = records.toSorted((a, b) => textOrder(a) - textOrder(b))
  expect(inOrder).toEqual(byText(records))
  expect(records.map((record) => textOrder(record) | 0)).toEqual(records.map(textOrder))
})

test.each([2, 9, 10, 11, 100, 101, 200, 1234])('%i records follow one another', (count) => {
  const records = [0]
  for (let next = nextInTextOrder(0, count); next !== -1; next = nextInTextOrder(next, count)) {
    records.push(next)
  }
  expect(records).toEqual(byText(Array.from({ length: count }, (_, record) => record)))
})

// @ts-nocheck
import { Float64, Int32, Table, Utf8, vectorFromArray } from 'apache-arrow'
import { attach } from 'khonsu'

const GOODS = ['bread', 'cheese', 'tea', 'wine']

/** Appends sales, the same ones each time. @param {{ worker: number, sales: number }} input */
export default function sell({ worker, sales }) {
  const store = attach()
  const numbers = Array.from({ length: sales }, (_, n) => worker * sales + n)
  const table = new Table({
    sale: vectorFromArray(numbers, new Int32()),
    goods: vectorFromArray(
      numbers.map((n) => GOODS[(n * 5) % GOODS.length]),
      new Utf8(),
    ),
    // Some were given away.
    price: vectorFromArray(
      numbers.map((n) => (n % 10 === 0 ? null : (n % 40) / 4)),
      new Float64(),
    ),
  })
  store.transact((tx) => tx.append('sales', table))
}

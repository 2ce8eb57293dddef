import type { Data } from 'apache-arrow'
import { newWords, type Steps } from '../gather/steps.ts'
import { hashRows, isSameAt, type KeyColumn, keySliceCount, nullTest } from './key-column.ts'
import { ENTERING_COST, slotCountOf, slotOf } from './key-table.ts'

/** Stands for a null. */
export const NULL_ID = -1

/** Numbers for the values of some columns: equal ones for equal values, from 0 on, as they appear. */
export interface ValueIds {
  readonly ids: readonly Int32Array[]
  readonly count: number
  /** Where each number appears first: which column, which row. */
  readonly sources: Int32Array
  readonly rows: Int32Array
}

/** Numbers the values of some columns, which are given as keys and as data. */
export function* valueIds(forms: readonly KeyColumn[], columns: readonly Data[]): Steps<ValueIds> {
  const total = columns.reduce((sum, { length }) => sum + length, 0)
  const found: FoundValues = {
    forms,
    slots: yield* newWords(slotCountOf(total)),
    count: 0,
    sources: new Int32Array(total),
    rows: new Int32Array(total),
  }
  const ids: Int32Array[] = []
  for (const [source, data] of columns.entries()) {
    const { length } = data
    const isNull = nullTest(data)
    const own = new Int32Array(length)
    const columnForms = [forms[source] as KeyColumn]
    const slice = Math.ceil(keySliceCount(columnForms, length) / ENTERING_COST)
    for (let from = 0; from < length; from += slice) {
      const to = Math.min(length, from + slice)
      hashRows(columnForms, from, to, own, from)
      for (let row = from; row < to; row++) {
        own[row] = isNull(row) ? NULL_ID : idOf(found, source, row, own[row] as number)
      }
      yield
    }
    ids.push(own)
  }
  return { ids, count: found.count, sources: found.sources, rows: found.rows }
}

interface FoundValues {
  readonly forms: readonly KeyColumn[]
  /** One more than a number; 0 where there is none. */
  readonly slots: Int32Array
  count: number
  readonly sources: Int32Array
  readonly rows: Int32Array
}

function idOf(found: FoundValues, source: number, row: number, hash: number): number {
  const { forms, slots, sources, rows } = found
  const mask = slots.length - 1
  let slot = slotOf(hash, slots.length)
  for (; ; slot = (slot + 1) & mask) {
    const id = (slots[slot] as number) - 1
    if (id < 0) {
      const next = found.count++
      slots[slot] = next + 1
      sources[next] = source
      rows[next] = row
      return next
    }
    const form = forms[sources[id] as number] as KeyColumn
    if (isSameAt(form, rows[id] as number, forms[source] as KeyColumn, row)) return id
  }
}

import type { RecordBatch } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { ROWS_APPENDED, ROWS_DELETED, ROWS_UPSERTED } from '#dist/native-layout/batch-descriptor.js'
import { recordBatchOf } from '#dist/src/arrow/record-batch.js'
import { groupsOf, isSameMeaning, JobList, type Source } from '#dist/src/values/row-groups.js'
import { rowsOf, rowsWith, tableOf } from '../../support/rows.ts'

describe('the meaning of rows', () => {
  it.each([
    [['a', 'b'], ['a', 'b'], true],
    [['a', 'b'], ['a,b'], false],
    [['a,b', 'c'], ['a', 'b,c'], false],
    [['a', 'b'], ['b', 'a'], false],
    [['a'], ['a', 'a'], false],
    [['a', 'a'], ['a'], false],
  ])('of the key columns %j and of %j: the same is %s', (one, other, isSame) => {
    const [left, right] = [one, other].map((on) => ({ rows: ROWS_UPSERTED, on }))
    if (left === undefined || right === undefined) throw new Error('no meanings')
    expect(isSameMeaning(left, right)).toBe(isSame)
    const meanings = { meaningOf: (block: number) => (block === 1 ? left : right) }
    expect(groupsOf(meanings, [1, 2])).toHaveLength(isSame ? 1 : 2)
  })

  it('is another one when the rows go', () => {
    const on = ['a']
    expect(isSameMeaning({ rows: ROWS_UPSERTED, on }, { rows: ROWS_DELETED, on })).toBe(false)
  })
})

describe('a list of jobs', () => {
  it('lets go of what no later job needs', () => {
    const list = new JobList()
    const [base, ...added] = [[1, 2], [3], [4], [2], [5, 1]].map((ids, i) => {
      return recordBatchOf(tableOf(rowsWith(ids, i)))
    })
    const kept: number[] = []
    const watched = (source: Source): Source => {
      return (made) => {
        kept.push(made.filter((batch) => batch !== undefined).length)
        return source(made)
      }
    }
    const upserted = { rows: ROWS_UPSERTED, on: ['id'] }
    const appended = { rows: ROWS_APPENDED, on: [] }
    let source = watched(() => base as RecordBatch)
    source = watched(list.addGroup(source, upserted, added.slice(0, 2)))
    source = watched(list.addGroup(source, appended, added.slice(2, 3)))
    list.addGroup(source, upserted, added.slice(2))
    const result = list.finish() as RecordBatch
    // Each of two batches that were made together first is there beside what was made before.
    expect(kept).toEqual([1, 1, 2])
    expect(rowsOf(result).map(({ id }) => id)).toEqual([1, 2, 3, 4, 2, 5])
    expect(rowsOf(result).map(({ value }) => value)).toEqual([4, 3, 1, 2, 3, 4])
  })
})

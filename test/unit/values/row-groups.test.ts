import { describe, expect, it } from 'vitest'
import { ROWS_DELETED, ROWS_UPSERTED } from '#dist/native-layout/batch-descriptor.js'
import { groupsOf, isSameMeaning } from '#dist/src/values/row-groups.js'

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

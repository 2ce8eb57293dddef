import { expect, test } from 'vitest'
import { CELL_GENERATION_MASK } from '../../../native-layout/word-descriptor.ts'
import { RefList } from '../../../src/transaction/ref-list.ts'
import type { Session } from '../../../src/transaction/session.ts'

type Handle = readonly [cell: number, generation: number]

/** A list whose keys, 'a', 'b' and so on, are found with these cells and generations. */
function listOf(...handles: Handle[]): RefList {
  const keys = handles.map((_, i) => String.fromCharCode(97 + i))
  const lookUp = (key: string) => {
    const [cell, generation] = handles[keys.indexOf(key)] as Handle
    return { key, cell, generation }
  }
  return new RefList({ lookUp, plainRefs: {} } as unknown as Session, keys)
}

function handlesIn(list: RefList): Handle[] {
  return list.keys.map((_, i) => {
    const { cell, generation } = list.handleAt(i)
    return [cell, generation]
  })
}

/** What an access by an index outside of the list gives the kernel, which takes undefined for 0. */
function outsideOf(list: RefList): Handle {
  return [list.cells[list.length] ?? 0, list.generationAt(list.length) ?? 0]
}

test('handles of one generation take four bytes each, also beside keys without a cell', () => {
  const list = listOf([0, 0], [7, 3], [9, 3])
  list.store(0, { key: 'a', cell: 8, generation: 3 })
  expect(handlesIn(list)).toEqual([
    [8, 3],
    [7, 3],
    [9, 3],
  ])
  expect([list.cells.byteLength, list.generations]).toEqual([12, undefined])
})

test('handles of several generations are kept as they are', () => {
  const list = listOf([7, 3], [9, 0], [8, 3])
  list.store(2, { key: 'c', cell: 5, generation: 4 })
  list.store(0, { key: 'a', cell: 6, generation: 0 })
  expect(handlesIn(list)).toEqual([
    [6, 0],
    [9, 0],
    [5, 4],
  ])
})

test.each([0, 1, CELL_GENERATION_MASK - 1])(
  'a first generation of %d is not taken for none',
  (first) => {
    const list = listOf([7, first])
    list.store(0, { key: 'a', cell: 7, generation: 2 })
    const longer = listOf([7, first], [8, 2])
    expect(handlesIn(longer)).toEqual([
      [7, first],
      [8, 2],
    ])
    expect(handlesIn(list)).toEqual([[7, 2]])
  },
)

// Cell 0, which is none, has the greatest generation: the handle of these two would be read.
const G = CELL_GENERATION_MASK
test.each([
  [[]],
  [[[0, 0]]],
  [
    [
      [0, 0],
      [7, G],
    ],
  ],
  [
    [
      [7, G],
      [0, 0],
    ],
  ],
  [
    [
      [7, G],
      [8, G],
    ],
  ],
  [
    [
      [7, 3],
      [8, G],
      [0, 0],
    ],
  ],
] as Handle[][][])('what has no cell has expired: %j', (handles) => {
  const list = listOf(...handles)
  const found = handlesIn(list)
  for (const [i, [cell, generation]] of handles.entries()) {
    if (cell !== 0) expect(found[i]).toEqual([cell, generation])
  }
  const none: Handle[] = [...found.filter(([cell]) => cell === 0), outsideOf(list)]
  for (const [, generation] of none) expect(generation).not.toBe(G)
  if (list.length === 0) return
  list.store(0, { key: 'a', cell: 0, generation: 0 })
  expect(handlesIn(list)[0]?.[0]).toBe(0)
  expect(handlesIn(list)[0]?.[1]).not.toBe(G)
})

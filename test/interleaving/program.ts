/**
 * Small transaction programs in a few characters: `RxWy | [RxRy] | Wx; Wy`.
 *
 * Threads are separated by `|`, the transactions that one thread runs in its slot by `;`. A
 * transaction is a list of reads and writes of the cells x, y and z. Around it:
 *
 *     [..]    its snapshot is closed: it reads old versions
 *     ~..     it is repeatable-read, all others are serializable
 *     ^..     its thread computes the horizon before it commits
 *     !..     its thread may die at any step; somebody recovers the slot
 *     tick    no transaction: somebody closes the running epoch once
 *     revoke  no transaction: somebody takes the right to its snapshot from the first thread
 */
import type { Random } from '../support/random.ts'

export type Operation = { readonly kind: 'read' | 'write'; readonly cell: number }

export interface TransactionProgram {
  /** Number in the whole program. */
  readonly id: number
  readonly operations: readonly Operation[]
  readonly closed: boolean
  readonly repeatable: boolean
  readonly computesHorizon: boolean
  readonly mortal: boolean
  /** Cells that it writes, in lock order. */
  readonly written: readonly number[]
  /** Whether it has to validate reads: it writes, and some of what it reads it does not write. */
  readonly validates: boolean
}

/** What one thread does: transactions, or one of the things that happen beside them. */
export type ThreadProgram = readonly TransactionProgram[] | 'tick' | 'revoke'

export interface Program {
  readonly text: string
  readonly threads: readonly ThreadProgram[]
  readonly transactions: readonly TransactionProgram[]
  readonly cellCount: number
  /** Transactions that write the cell that most of them write. */
  readonly writerCountMax: number
}

export const CELL_NAMES = 'xyz'

const TRANSACTION = /^([~^!]*)(\[?)((?:[RW][xyz])+)\]?$/

function parseTransaction(text: string, id: number): TransactionProgram {
  const match = TRANSACTION.exec(text)
  if (match === null) throw new Error(`not a transaction: ${text}`)
  const [, marks = '', bracket, list = ''] = match
  const operations = (list.match(/../g) ?? []).map(
    (pair): Operation => ({
      kind: pair.startsWith('R') ? 'read' : 'write',
      cell: CELL_NAMES.indexOf(pair.charAt(1)),
    }),
  )
  const cellsOf = (kind: string) =>
    new Set(operations.filter((operation) => operation.kind === kind).map(({ cell }) => cell))
  const writes = cellsOf('write')
  const repeatable = marks.includes('~')
  return {
    id,
    operations,
    closed: bracket === '[',
    repeatable,
    computesHorizon: marks.includes('^'),
    mortal: marks.includes('!'),
    written: [...writes].sort(),
    validates: !repeatable && writes.size > 0 && [...cellsOf('read')].some((c) => !writes.has(c)),
  }
}

export function parseProgram(text: string): Program {
  const transactions: TransactionProgram[] = []
  const threads = text.split('|').map((part): ThreadProgram => {
    const name = part.trim()
    if (name === 'tick' || name === 'revoke') return name
    return name.split(';').map((each) => {
      const transaction = parseTransaction(each.trim(), transactions.length)
      transactions.push(transaction)
      return transaction
    })
  })
  const cells = transactions.flatMap(({ operations }) => operations.map(({ cell }) => cell))
  const cellCount = Math.max(...cells) + 1
  const writerCounts = Array.from({ length: cellCount }, (_, cell) => {
    return transactions.filter(({ written }) => written.includes(cell)).length
  })
  return { text, threads, transactions, cellCount, writerCountMax: Math.max(...writerCounts) }
}

/** All orders of at most one read and then at most one write a cell, over two cells. */
function* operationLists(): Generator<string> {
  const next = function* (list: string): Generator<string> {
    if (list !== '') yield list
    for (const cell of 'xy') {
      for (const kind of 'RW') {
        if (!list.includes(`W${cell}`) && !list.includes(kind + cell)) {
          yield* next(list + kind + cell)
        }
      }
    }
  }
  yield* next('')
}

/** Every transaction over two cells, at each level and with each kind of snapshot that differ. */
export function allTransactions(): string[] {
  const all: string[] = []
  for (const list of operationLists()) {
    const { validates } = parseTransaction(list, 0)
    for (const level of validates ? ['', '~'] : ['']) all.push(level + list, `${level}[${list}]`)
  }
  return all
}

function swapCells(text: string): string {
  return text.replace(/[xy]/g, (cell) => (cell === 'x' ? 'y' : 'x'))
}

/** All pairs of transactions over two cells, one of each two that are the same but for names. */
export function* allPairs(): Generator<string> {
  const all = allTransactions()
  const seen = new Set<string>()
  for (const first of all) {
    for (const second of all) {
      const pair = [first, second]
      const renamed = pair.map(swapCells)
      const forms = [pair, pair.toReversed(), renamed, renamed.toReversed()]
      const key = forms.map((form) => form.join('|')).sort()[0] as string
      if (seen.has(key)) continue
      seen.add(key)
      yield `${first} | ${second}`
    }
  }
}

/** A program over three cells: up to four threads and five transactions, and what is beside them. */
export function randomProgram(random: Random): string {
  const parts: string[] = []
  const threadCount = 2 + (random() % 3)
  for (let left = 5; parts.length < threadCount; ) {
    const count = left > threadCount - parts.length && random() % 3 === 0 ? 2 : 1
    left -= count
    parts.push(Array.from({ length: count }, () => randomTransaction(random)).join('; '))
  }
  for (const beside of ['tick', 'tick', 'revoke']) if (random() % 3 === 0) parts.push(beside)
  return parts.join(' | ')
}

function randomTransaction(random: Random): string {
  let list = ''
  const count = 1 + (random() % 4)
  for (let i = 0; i < count; i++) {
    list += random() % 2 === 0 ? 'R' : 'W'
    list += CELL_NAMES.charAt(random() % 3)
  }
  const marks = [...'~^!'].filter(() => random() % 4 === 0).join('')
  return marks + (random() % 3 === 0 ? `[${list}]` : list)
}

/** The table of docs/conflicts.md for batches: what a transaction does against one that committed in between. */
import { RecordBatch, type Table } from 'apache-arrow'
import type {
  CommitResult,
  ConflictMode,
  ExplicitTransaction,
  IsolationLevel,
  Transaction,
} from 'khonsu'
import { Khonsu, TransactionAbortedError } from 'khonsu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Row, rowsOf, rowsWith, tableOf } from '../../support/rows.ts'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const MODES: readonly ConflictMode[] = ['fail', 'ignore', 'replace', 'append']

/** What the key holds before, where it exists. */
const OLD: readonly Row[] = rowsWith([1, 2], 0)

type Rows = readonly Row[] | undefined

/** The calls that explicit transactions and those of `transact` have in common. */
interface Access {
  get(): unknown
  set(rows: readonly Row[]): void
  merge(rows: readonly Row[]): void
  delete(): void
  append(rows: readonly Row[]): void
  upsert(rows: readonly Row[]): void
  deleteRows(ids: readonly number[]): void
}

/** What a transaction does to the key. */
interface Change {
  readonly name: string
  readonly finds: boolean
  readonly reads: boolean
  /** What it leaves of what is there, when nobody comes in between. */
  leaves(before: Rows): Rows
  make(tx: Access): void
}

const MINE = rowsWith([2, 3], 100)
const THEIR_ROWS = rowsWith([3, 4], 7)

function upserted(before: Rows, rows: readonly Row[]): readonly Row[] {
  const after = (before ?? []).map((row) => rows.find(({ id }) => id === row.id) ?? row)
  return [...after, ...rows.filter(({ id }) => !after.some((row) => row.id === id))]
}

function changesOf(rows: readonly Row[]): Record<string, Omit<Change, 'name' | 'finds'>> {
  return {
    set: { reads: false, leaves: () => rows, make: (tx) => tx.set(rows) },
    'set of what was read': {
      reads: true,
      leaves: () => rows,
      make: (tx) => {
        tx.get()
        tx.set(rows)
      },
    },
    'merged set': { reads: false, leaves: () => rows, make: (tx) => tx.merge(rows) },
    'merged set of what was read': {
      reads: true,
      leaves: () => rows,
      make: (tx) => {
        tx.get()
        tx.merge(rows)
      },
    },
    delete: { reads: true, leaves: () => undefined, make: (tx) => tx.delete() },
    append: {
      reads: false,
      leaves: (before) => [...(before ?? []), ...rows],
      make: (tx) => tx.append(rows),
    },
    upsert: {
      reads: false,
      leaves: (before) => upserted(before, rows),
      make: (tx) => tx.upsert(rows),
    },
    'append to what was read': {
      reads: true,
      leaves: (before) => [...(before ?? []), ...rows],
      make: (tx) => {
        tx.get()
        tx.append(rows)
      },
    },
    'upsert, then read': {
      reads: true,
      leaves: (before) => upserted(before, rows),
      make: (tx) => {
        tx.upsert(rows)
        tx.get()
      },
    },
    deleteRows: {
      reads: true,
      leaves: (before) => before?.filter(({ id }) => id !== 2),
      make: (tx) => tx.deleteRows([2]),
    },
  }
}

const MERGE = { merge: 'rows' }

/** A merge of whole batches. */
function mergeRows(
  _base: RecordBatch | undefined,
  theirs: RecordBatch | undefined,
  mine: RecordBatch | undefined,
): Table {
  const rows = upserted(theirs && rowsOf(theirs), mine === undefined ? [] : rowsOf(mine))
  return tableOf(rows)
}

const FINDING_ONLY = ['delete', 'deleteRows']

function listed(changes: ReturnType<typeof changesOf>): Change[] {
  return Object.entries(changes).flatMap(([name, change]) =>
    [true, false]
      .filter((finds) => finds || !FINDING_ONLY.includes(name))
      .map((finds) => ({ ...change, name, finds })),
  )
}

const CHANGES = listed(changesOf(MINE))
const THEIRS = listed(changesOf(THEIR_ROWS)).filter(({ name }) => !/read/.test(name))

type Way = 'current' | 'closed' | 'judged'

interface Mine {
  readonly key: string
  readonly change: Change
  readonly options: { readonly isolation: IsolationLevel; readonly onConflict: ConflictMode }
}

interface End {
  readonly reason: unknown
  readonly ignored: readonly unknown[]
  readonly final: Rows
  readonly isJudged: boolean
}

function accessOf(tx: Transaction | ExplicitTransaction, key: string): Access {
  const isBody = 'get' in tx
  return {
    get: () => (isBody ? tx.get(key) : tx.read(key)),
    set: (rows) => (isBody ? tx.set(key, tableOf(rows)) : tx.write(key, tableOf(rows))),
    merge: (rows) =>
      isBody ? tx.set(key, tableOf(rows), MERGE) : tx.write(key, tableOf(rows), MERGE),
    delete: () => tx.delete(key),
    append: (rows) => tx.append(key, tableOf(rows)),
    upsert: (rows) => tx.upsert(key, tableOf(rows)),
    deleteRows: (ids) => tx.deleteRows(key, ids),
  }
}

function commitExplicit(khonsu: Khonsu, mine: Mine, theirs: () => void, isJudged: boolean) {
  const transaction = khonsu.startTransaction(mine.options)
  if (isJudged) transaction.read('judged by')
  mine.change.make(accessOf(transaction, mine.key))
  theirs()
  if (isJudged) {
    khonsu.startTransaction().rollback()
    khonsu.transact((tx) => tx.set('judged by', 1))
  }
  return transaction.commit()
}

function commitBody(khonsu: Khonsu, mine: Mine, theirs: () => void): CommitResult {
  let result: CommitResult | undefined
  const onCommit = (made: CommitResult) => (result = made)
  khonsu.transact(
    (tx) => {
      mine.change.make(accessOf(tx, mine.key))
      theirs()
    },
    { ...mine.options, maxAttempts: 1, onCommit },
  )
  return result as CommitResult
}

function meet(khonsu: Khonsu, mine: Mine, theirs: Change, way: Way): End {
  const { key, change } = mine
  const before = khonsu.stats().judgedCommits
  khonsu.transact((tx) => {
    if (change.finds) tx.set(key, tableOf(OLD))
    tx.set('judged by', 0)
  })
  let reason: unknown
  let ignored: readonly unknown[] = []
  try {
    const interfere = (): void => khonsu.transact((tx) => theirs.make(accessOf(tx, key)))
    const result =
      way === 'current'
        ? commitBody(khonsu, mine, interfere)
        : commitExplicit(khonsu, mine, interfere, way === 'judged')
    ignored = result.ignored
  } catch (error) {
    const conflict = error instanceof TransactionAbortedError ? error.cause : error
    reason = (conflict as { reason?: unknown }).reason ?? conflict
  }
  const final = khonsu.transact((tx) => {
    const batch = tx.get(key)
    return batch instanceof RecordBatch ? rowsOf(batch) : undefined
  })
  return { reason, ignored, final, isJudged: khonsu.stats().judgedCommits > before }
}

/** What the table says. */
function expected({ change, key, options }: Mine, left: Rows, way: Way): End {
  const { isolation, onConflict } = options
  const isJudged = way === 'judged'
  const ok = { reason: undefined, ignored: [], isJudged }
  const failed = { ignored: [], final: left, isJudged: false }
  const isBlind = change.name === 'append' || change.name === 'upsert'
  if (isBlind) return { ...ok, final: change.leaves(left) }
  const isStale = change.reads && isolation === 'serializable'
  const isMerged = /^merged/.test(change.name)
  if (isMerged && !isStale) return { ...ok, final: upserted(left, MINE) }
  // Who has added rows to a missing key reads the cell that it has got.
  const readsGap = change.reads && !change.finds && change.name !== 'upsert, then read'
  if (isStale && (readsGap || onConflict !== 'fail')) return { ...failed, reason: 'stale-read' }
  if (onConflict === 'fail') return { ...failed, reason: 'write-conflict' }
  if (onConflict === 'ignore') return { ...ok, ignored: [key], final: left }
  const old = change.finds ? OLD : undefined
  if (onConflict === 'replace') return { ...ok, final: change.leaves(old) }
  const isWholeBatch = /^set/.test(change.name) || (!change.finds && change.name !== 'delete')
  return isWholeBatch && !/append/.test(change.name)
    ? { ...ok, final: upserted(left, MINE) }
    : { ...failed, reason: 'write-conflict' }
}

describe.each(LEVELS)('at %s', (isolation) => {
  let khonsu: Khonsu
  beforeAll(async () => {
    khonsu = await Khonsu.open({ workers: 0 })
    khonsu.defineMerge('rows', mergeRows)
  })
  afterAll(() => khonsu.close())

  const ways: readonly Way[] =
    isolation === 'serializable' ? ['current', 'closed', 'judged'] : ['current', 'closed']
  describe.each(ways)('with a snapshot that is %s', (way) => {
    describe.each(MODES)('%s', (onConflict) => {
      for (const change of CHANGES) {
        for (const theirs of THEIRS.filter(({ finds }) => finds === change.finds)) {
          const what = change.finds ? 'rows' : 'a missing key'
          it(`${change.name} against ${theirs.name} of ${what}`, () => {
            const key = `${way} ${onConflict} ${change.name} ${theirs.name} ${what}`
            const mine = { change, key, options: { isolation, onConflict } }
            const end = meet(khonsu, mine, theirs, way)
            const left = theirs.leaves(change.finds ? OLD : undefined)
            expect(end).toEqual(expected(mine, left, way))
          })
        }
      }
    })
  })
})

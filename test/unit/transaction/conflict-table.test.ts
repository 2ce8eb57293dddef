/** The table of docs/conflicts.md: what a transaction does against one that committed in between. */
import type {
  CommitResult,
  ConflictMode,
  ExplicitTransaction,
  IsolationLevel,
  Transaction,
} from 'khonsu'
import { Khonsu, TransactionAbortedError } from 'khonsu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const MODES: readonly ConflictMode[] = ['fail', 'ignore', 'replace']
/** What the key holds before, where it exists. */
const OLD = 1

/** What a transaction does to the key: with what it leaves there if nobody comes in between. */
interface Change {
  readonly name: string
  /** Whether it finds a value; otherwise it makes the first one. */
  readonly finds: boolean
  /** Whether it has read the key, or that there is none. */
  readonly reads: boolean
  readonly leaves: number | undefined
  /** What it leaves on top of the change of somebody else, if it commutes or is merged with that. */
  readonly onTop?: (theirs: number | undefined) => number
  make(tx: Access): void
}

/** The calls that explicit transactions and those of `transact` have in common. */
interface Access {
  get(): unknown
  set(value: number): void
  delete(): void
  add(amount: number): void
  merge(value: number): void
}

/** A merge that adds up what both have added. */
function mergeSums(base = 0, theirs = 0, mine = 0): number {
  return theirs + mine - base
}

const MERGE = { merge: 'sums' }

const CHANGES: readonly Change[] = [
  { name: 'insert', finds: false, reads: false, leaves: 100, make: (tx) => tx.set(100) },
  {
    name: 'insert of what was looked for',
    finds: false,
    reads: true,
    leaves: 100,
    make: (tx) => {
      tx.get()
      tx.set(100)
    },
  },
  { name: 'blind write', finds: true, reads: false, leaves: 100, make: (tx) => tx.set(100) },
  {
    name: 'update',
    finds: true,
    reads: true,
    leaves: OLD + 100,
    make: (tx) => tx.set(Number(tx.get()) + 100),
  },
  { name: 'delete', finds: true, reads: true, leaves: undefined, make: (tx) => tx.delete() },
  {
    name: 'add',
    finds: true,
    reads: false,
    leaves: OLD + 100,
    onTop: (theirs = 0) => theirs + 100,
    make: (tx) => tx.add(100),
  },
  {
    name: 'add to a missing key',
    finds: false,
    reads: false,
    leaves: 100,
    onTop: (theirs = 0) => theirs + 100,
    make: (tx) => tx.add(100),
  },
  {
    name: 'add to what was read',
    finds: true,
    reads: true,
    leaves: OLD + 100,
    make: (tx) => {
      tx.get()
      tx.add(100)
    },
  },
  {
    name: 'merged write',
    finds: true,
    reads: false,
    leaves: 100,
    onTop: (theirs) => mergeSums(OLD, theirs, 100),
    make: (tx) => tx.merge(100),
  },
  {
    name: 'merged insert',
    finds: false,
    reads: false,
    leaves: 100,
    onTop: (theirs) => mergeSums(0, theirs, 100),
    make: (tx) => tx.merge(100),
  },
  {
    name: 'merged update',
    finds: true,
    reads: true,
    leaves: OLD + 100,
    onTop: (theirs) => mergeSums(OLD, theirs, OLD + 100),
    make: (tx) => tx.merge(Number(tx.get()) + 100),
  },
  {
    name: 'merged insert of what was looked for',
    finds: false,
    reads: true,
    leaves: 100,
    onTop: (theirs) => mergeSums(0, theirs, 100),
    make: (tx) => {
      tx.get()
      tx.merge(100)
    },
  },
]

const THEIRS: readonly Pick<Change, 'name' | 'finds' | 'leaves' | 'make'>[] = [
  { name: 'insert', finds: false, leaves: 7, make: (tx) => tx.set(7) },
  { name: 'add to a missing key', finds: false, leaves: 7, make: (tx) => tx.add(7) },
  { name: 'update', finds: true, leaves: 8, make: (tx) => tx.set(Number(tx.get()) + 7) },
  { name: 'delete', finds: true, leaves: undefined, make: (tx) => tx.delete() },
  { name: 'add', finds: true, leaves: 8, make: (tx) => tx.add(7) },
  { name: 'merged insert', finds: false, leaves: 7, make: (tx) => tx.merge(7) },
  { name: 'merged write', finds: true, leaves: 7, make: (tx) => tx.merge(7) },
]

/** Which way the transaction takes through its commit. */
type Way = 'current' | 'closed' | 'judged'

interface End {
  readonly reason: unknown
  readonly ignored: readonly unknown[]
  readonly final: unknown
  readonly isJudged: boolean
}

function ofBody(tx: Transaction, key: string): Access {
  return {
    get: () => tx.get(key),
    set: (value) => tx.set(key, value),
    delete: () => tx.delete(key),
    add: (amount) => tx.add(key, amount),
    merge: (value) => tx.set(key, value, MERGE),
  }
}

function ofExplicit(tx: ExplicitTransaction, key: string): Access {
  return {
    get: () => tx.read(key),
    set: (value) => tx.write(key, value),
    delete: () => tx.delete(key),
    add: (amount) => tx.add(key, amount),
    merge: (value) => tx.write(key, value, MERGE),
  }
}

/** Reads `judged by`, which changes behind theirs: so the transaction is judged, and may commit. */
function commitJudged(khonsu: Khonsu, mine: Mine, theirs: () => void): CommitResult {
  const transaction = khonsu.startTransaction(mine.options)
  transaction.read('judged by')
  mine.change.make(ofExplicit(transaction, mine.key))
  theirs()
  khonsu.startTransaction().rollback()
  khonsu.transact((tx) => tx.set('judged by', 1))
  return transaction.commit()
}

function commitClosed(khonsu: Khonsu, mine: Mine, theirs: () => void): CommitResult {
  const transaction = khonsu.startTransaction(mine.options)
  mine.change.make(ofExplicit(transaction, mine.key))
  theirs()
  return transaction.commit()
}

function commitCurrent(khonsu: Khonsu, mine: Mine, theirs: () => void): CommitResult {
  let result: CommitResult | undefined
  const options = {
    ...mine.options,
    maxAttempts: 1,
    onCommit: (made: CommitResult) => (result = made),
  }
  khonsu.transact((tx) => {
    mine.change.make(ofBody(tx, mine.key))
    theirs()
  }, options)
  return result as CommitResult
}

interface Mine {
  readonly key: string
  readonly change: Change
  readonly options: { readonly isolation: IsolationLevel; readonly onConflict: ConflictMode }
}

const COMMITS = { current: commitCurrent, closed: commitClosed, judged: commitJudged }

function meet(khonsu: Khonsu, mine: Mine, theirs: Pick<Change, 'make'>, way: Way): End {
  const { key } = mine
  const before = khonsu.stats().judgedCommits
  khonsu.transact((tx) => {
    if (mine.change.finds) tx.set(key, OLD)
    tx.set('judged by', 0)
  })
  let reason: unknown
  let ignored: readonly unknown[] = []
  try {
    const interfere = (): void => khonsu.transact((tx) => theirs.make(ofBody(tx, key)))
    ;({ ignored } = COMMITS[way](khonsu, mine, interfere))
  } catch (error) {
    const conflict = error instanceof TransactionAbortedError ? error.cause : error
    reason = (conflict as { reason?: unknown }).reason ?? conflict
  }
  const final = khonsu.transact((tx) => tx.get(key))
  return { reason, ignored, final, isJudged: khonsu.stats().judgedCommits > before }
}

/** What the table says. */
function expected({ change, key, options }: Mine, left: number | undefined, way: Way): End {
  const isJudged = way === 'judged'
  const ok = { reason: undefined, ignored: [], isJudged }
  const failed = { ignored: [], final: left, isJudged: false }
  const isStale = change.reads && options.isolation === 'serializable'
  if (change.onTop !== undefined && !isStale) return { ...ok, final: change.onTop(left) }
  const readsGap = change.reads && !change.finds
  if (isStale && (readsGap || options.onConflict !== 'fail')) {
    return { ...failed, reason: 'stale-read' }
  }
  if (options.onConflict === 'fail') return { ...failed, reason: 'write-conflict' }
  if (options.onConflict === 'ignore') return { ...ok, ignored: [key], final: left }
  return { ...ok, final: change.leaves }
}

describe.each(LEVELS)('at %s', (isolation) => {
  let khonsu: Khonsu
  beforeAll(async () => {
    khonsu = await Khonsu.open({ workers: 0 })
    khonsu.defineMerge('sums', mergeSums)
  })
  afterAll(() => khonsu.close())

  const ways: readonly Way[] =
    isolation === 'serializable' ? ['current', 'closed', 'judged'] : ['current', 'closed']
  describe.each(ways)('with a snapshot that is %s', (way) => {
    describe.each(MODES)('%s', (onConflict) => {
      for (const change of CHANGES) {
        for (const theirs of THEIRS.filter(({ finds }) => finds === change.finds)) {
          it(`${change.name} against ${theirs.name}`, () => {
            const key = `${way} ${onConflict} ${change.name} ${theirs.name}`
            const mine = { change, key, options: { isolation, onConflict } }
            const end = meet(khonsu, mine, theirs, way)
            expect(end).toEqual(expected(mine, theirs.leaves, way))
          })
        }
      }
    })
  })
})

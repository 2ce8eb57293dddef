/**
 * Values of every kind that are replaced, deleted and made again while others read them. Each value
 * carries its own check, so that a reader knows a mixture of two.
 */
import { record, TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('khonsu').Ref<unknown>} Cell
 * @typedef {object} Plan
 * @property {number} seed
 * @property {'write' | 'read'} role
 * @property {number} untilMs
 * @typedef {{ commits: number, conflicts: number, faults: string[] }} Tally
 */

const CELL_COUNT = 24
const FAULTS_MAX = 5
const BYTES_LENGTH_MAX = 20_000

const numbers = record({ a: 'float64', b: 'int32', sum: 'float64' })

/** @typedef {(n: number) => unknown} Maker makes the value number n of a kind */
/** @type {Readonly<Record<string, Maker>>} */
const MAKERS = {
  number: (n) => n,
  bigint: (n) => BigInt(n) * 4_294_967_297n,
  boolean: (n) => n % 2 === 0,
  null: () => null,
  text: (n) => `${n}${String(n % 10).repeat(n % 700)}`,
  wide: (n) => `€${n}${'ж'.repeat(n % 300)}`,
  bytes: (n) => new Uint8Array(1 + (n % BYTES_LENGTH_MAX)).fill(n),
  json: (n) => ({ n, list: Array.from({ length: n % 40 }, (_, i) => i * n), text: `é${n}` }),
}
const KINDS = Object.keys(MAKERS)

/** @param {unknown} value whether it is one that a maker made */
function isWhole(value) {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return true
    case 'number':
      return Number.isInteger(value) && value >= 0 && value < 2 ** 31
    case 'bigint':
      return value % 4_294_967_297n === 0n
    case 'string':
      return isWholeText(value)
    default:
      return value === null || isWholeObject(/** @type {object} */ (value))
  }
}

/** @param {string} text */
function isWholeText(text) {
  if (text.startsWith('€')) return text === MAKERS.wide?.(Number.parseInt(text.slice(1), 10))
  // The number ends where its last digit begins to be repeated: try every end.
  for (let end = 1; end <= Math.min(10, text.length); end++) {
    if (text === MAKERS.text?.(Number(text.slice(0, end)))) return true
  }
  return false
}

/** @param {object} value */
function isWholeObject(value) {
  if (value instanceof Uint8Array) {
    return value.every((byte) => byte === value[0])
  }
  if ('n' in value) return JSON.stringify(value) === JSON.stringify(MAKERS.json?.(Number(value.n)))
  if (!('a' in value && 'b' in value && 'sum' in value)) return false
  return value.sum === Number(value.a) + Number(value.b) && value.b === 0 - Number(value.a)
}

/**
 * @param {Store} store
 * @returns {{ cells: Cell[], records: Cell[] }}
 */
function cellsOf(store) {
  const indexes = Array.from({ length: CELL_COUNT }, (_, i) => i)
  return {
    cells: indexes.map((i) => /** @type {Cell} */ (store.ref(`any ${i}`))),
    records: indexes.map((i) => /** @type {Cell} */ (store.ref(['record', i], numbers))),
  }
}

/**
 * Replaces and deletes values; pairs of neighbours get values of the same kind and number.
 *
 * @param {Store} store
 * @param {Plan} plan
 * @returns {Tally}
 */
function write(store, plan) {
  const random = randomFrom(plan.seed)
  const { cells, records } = cellsOf(store)
  const tally = { commits: 0, conflicts: 0, faults: /** @type {string[]} */ ([]) }
  while (Date.now() < plan.untilMs) {
    const i = (random() % (CELL_COUNT / 2)) * 2
    const n = random() % 100_000
    const make = /** @type {Maker} */ (MAKERS[KINDS[random() % KINDS.length] ?? 'number'])
    const gone = random() % 4 === 0
    store.transact((tx) => {
      for (const at of [i, i + 1]) {
        const cell = /** @type {Cell} */ (cells[at])
        const fields = /** @type {Cell} */ (records[at])
        if (gone) {
          tx.delete(cell)
          tx.delete(fields)
        } else {
          tx.set(cell, make(n))
          tx.set(fields, { a: n, b: 0 - n, sum: 0 })
        }
      }
    })
    tally.commits++
  }
  return tally
}

/**
 * Reads pairs at every level and in both forms; checks that each value is whole, and above
 * read-committed that the two of a pair are equal.
 *
 * @param {Store} store
 * @param {Plan} plan
 * @returns {Tally}
 */
function read(store, plan) {
  const random = randomFrom(plan.seed)
  const { cells, records } = cellsOf(store)
  const tally = { commits: 0, conflicts: 0, faults: /** @type {string[]} */ ([]) }
  const levels = /** @type {const} */ (['read-committed', 'repeatable-read', 'serializable'])
  while (Date.now() < plan.untilMs) {
    const isolation = levels[random() % 3] ?? 'serializable'
    const list = random() % 2 === 0 ? cells : records
    const i = (random() % (CELL_COUNT / 2)) * 2
    const explicit = random() % 2 === 0
    /** @param {(cell: Cell) => unknown} get */
    const look = (get) => {
      const pair = [i, i + 1].map((at) => get(/** @type {Cell} */ (list[at])))
      const fault = faultOf(pair, isolation !== 'read-committed')
      if (fault !== undefined && tally.faults.length < FAULTS_MAX) {
        tally.faults.push(`${explicit ? 'explicit' : 'transact'} ${isolation}: ${fault}`)
      }
    }
    try {
      if (explicit) lookByHand(store, isolation, look)
      else store.transact((tx) => look((cell) => tx.get(cell)), { isolation })
      tally.commits++
    } catch (error) {
      if (error instanceof TransactionConflictError) tally.conflicts++
      else tally.faults.push(`${explicit ? 'explicit' : 'transact'} ${isolation}: ${error}`)
    }
  }
  return tally
}

/**
 * @param {Store} store
 * @param {import('khonsu').IsolationLevel} isolation
 * @param {(get: (cell: Cell) => unknown) => void} look
 */
function lookByHand(store, isolation, look) {
  const transaction = store.startTransaction({ isolation })
  try {
    // More often than once: the longer it is open, the more versions it needs.
    for (let times = 0; times < 5; times++) look((cell) => transaction.read(cell))
    transaction.commit()
  } finally {
    transaction.rollback()
  }
}

/** @param {unknown[]} pair @param {boolean} equal @returns {string | undefined} */
function faultOf(pair, equal) {
  for (const value of pair) if (!isWhole(value)) return `not whole: ${describe(value)}`
  if (!equal || describe(pair[0]) === describe(pair[1])) return undefined
  return `not of one commit: ${describe(pair[0])} and ${describe(pair[1])}`
}

/** @param {unknown} value */
function describe(value) {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `${value.length} bytes of ${value[0]}`
  return `${typeof value} ${JSON.stringify(value)}`.slice(0, 120)
}

/**
 * @param {Store} store
 * @param {Plan} plan
 * @returns {Tally}
 */
export function churn(store, plan) {
  return plan.role === 'write' ? write(store, plan) : read(store, plan)
}

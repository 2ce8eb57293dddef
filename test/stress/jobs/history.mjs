/**
 * Transactions on cells that count their versions, written down so that test/support/history.ts can
 * judge them. A cell holds `{ version, writer }`, as a number, as a text or as a record.
 */
import { record, TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('../../support/history.ts').Attempt} Attempt
 * @typedef {{ version: number, writer: number }} Stamp
 * @typedef {import('khonsu').Ref<unknown>} Cell
 * @typedef {{ get(cell: Cell): unknown, set(cell: Cell, value: unknown): void }} Access
 * @typedef {object} Plan
 * @property {number} seed
 * @property {number} workerIndex
 * @property {number} cellCount cells that are in use at one time
 * @property {number} freshEvery ticks of the clock after which other cells are used, 0 for never
 * @property {import('khonsu').IsolationLevel} isolation
 * @property {number} untilMs
 * @property {Int32Array} clock one word that all threads share
 */

/** Ids of the attempts of one worker. */
const IDS_A_WORKER = 2 ** 22

/** Attempts after which a worker stops early, so that the check stays quick. */
const ATTEMPTS_MAX = 60_000

/** What an attempt writes before it writes the final value. */
const INTERMEDIATE = IDS_A_WORKER * 64

const TEXT_LENGTHS = [0, 40, 200, 1_000]
const stamp = record({ version: 'uint32', writer: 'uint32' })

/** The cells of a history by number, in one thread. */
class Cells {
  /** @param {Store} store */
  constructor(store) {
    this.store = store
    /** @type {Map<number, Cell>} */
    this.known = new Map()
  }

  /** @param {number} i @returns {Cell} */
  at(i) {
    const known = this.known.get(i)
    if (known !== undefined) return known
    const { store } = this
    const cell = i % 3 === 2 ? store.ref(`cell ${i}`, stamp) : store.ref(`cell ${i}`)
    this.known.set(i, cell)
    return cell
  }
}

/** @param {number} cell @param {number} version @param {number} writer @returns {unknown} */
function encode(cell, version, writer) {
  if (cell % 3 === 0) return version * 2 ** 29 + writer
  if (cell % 3 === 2) return { version, writer }
  const filler = String(version % 10).repeat(TEXT_LENGTHS[version % TEXT_LENGTHS.length] ?? 0)
  return `${version}:${writer}:${filler}`
}

/** @param {number} cell @param {unknown} value @returns {Stamp} */
function decode(cell, value) {
  if (value === undefined) return { version: 0, writer: 0 }
  if (typeof value === 'number' && cell % 3 === 0) {
    return { version: Math.floor(value / 2 ** 29), writer: value % 2 ** 29 }
  }
  if (typeof value === 'string' && cell % 3 === 1) {
    const [version, writer] = value.split(':', 2).map(Number)
    const found = { version: version ?? Number.NaN, writer: writer ?? Number.NaN }
    if (value === encode(cell, found.version, found.writer)) return found
  }
  if (typeof value === 'object' && cell % 3 === 2) return /** @type {Stamp} */ (value)
  throw new Error(`cell ${cell} holds ${String(value).slice(0, 60)}, which nobody wrote`)
}

/** Nobody wakes who waits here: it only lets others run, also where all threads share one core. */
const pause = new Int32Array(new SharedArrayBuffer(4))

/** One worker's part of a history. */
class Recorder {
  /** @param {Plan} plan */
  constructor(plan) {
    this.plan = plan
    this.random = randomFrom(plan.seed)
    /** @type {Attempt[]} */
    this.attempts = []
    /** @type {string[]} */
    this.faults = []
    /** @type {{ id: number, beganAt: number, reads: [number, number, number][], writes: [number, number][] } | undefined} */
    this.open = undefined
    this.nextId = plan.workerIndex * IDS_A_WORKER + 1
    /** Before the running attempt took its snapshot. */
    this.beganAt = 0
    /** After what it read last. */
    this.lastReadAt = 0
  }

  tick() {
    return Atomics.add(this.plan.clock, 0, 1)
  }

  /** To be called before a transaction. */
  prepare() {
    this.beganAt = this.tick()
  }

  begin() {
    this.open = { id: this.nextId++, beganAt: this.beganAt, reads: [], writes: [] }
    return this.open
  }

  /** @param {boolean} committed @param {string} name */
  end(committed, name) {
    if (this.open === undefined) return
    const endedAt = committed ? this.tick() : this.lastReadAt
    this.attempts.push({ ...this.open, name, committed, endedAt })
    this.open = undefined
  }

  /**
   * Reads some cells and writes some of these.
   *
   * @param {Access} access
   * @param {Cells} cells
   * @param {readonly number[]} chosen
   * @param {number} writeCount
   */
  work(access, cells, chosen, writeCount) {
    const { id, reads, writes } = this.begin()
    try {
      for (const i of chosen) {
        if (this.random() % 256 === 0) Atomics.wait(pause, 0, 0, 0.1)
        const { version, writer } = decode(i, access.get(cells.at(i)))
        reads.push([i, version, writer])
      }
    } finally {
      this.lastReadAt = this.tick()
      // The next attempt takes its snapshot before its body runs, but not before now.
      this.beganAt = this.lastReadAt
    }
    for (const [at, i] of chosen.slice(0, writeCount).entries()) {
      const version = Number(reads[at]?.[1]) + 1
      const cell = cells.at(i)
      access.set(cell, encode(i, version, INTERMEDIATE))
      access.set(cell, encode(i, version, id))
      writes.push([i, version])
    }
  }

  /** @returns {number[]} */
  choose() {
    const { cellCount, freshEvery, clock } = this.plan
    const first = freshEvery === 0 ? 0 : Math.floor(Atomics.load(clock, 0) / freshEvery) * cellCount
    const all = Array.from({ length: cellCount }, (_, i) => first + i)
    const count = 1 + (this.random() % Math.min(4, all.length))
    return Array.from({ length: count }, () => all.splice(this.random() % all.length, 1)[0] ?? 0)
  }
}

/**
 * Runs random transactions until the time is up.
 *
 * @param {Store} store
 * @param {Plan} plan
 * @returns {{ attempts: Attempt[], faults: string[] }}
 */
export function makeHistory(store, plan) {
  const recorder = new Recorder(plan)
  const cells = new Cells(store)
  while (Date.now() < plan.untilMs && recorder.attempts.length < ATTEMPTS_MAX) {
    const chosen = recorder.choose()
    const writeCount = recorder.random() % (chosen.length + 1)
    const byHand = recorder.random() % 3 === 0
    try {
      if (byHand) attemptByHand(store, recorder, cells, chosen, writeCount)
      else transact(store, recorder, cells, chosen, writeCount)
    } catch (error) {
      recorder.end(false, byHand ? 'explicit' : 'transact')
      if (!(error instanceof TransactionConflictError)) recorder.faults.push(String(error))
    }
  }
  return { attempts: recorder.attempts, faults: recorder.faults.slice(0, 5) }
}

/**
 * @param {Store} store
 * @param {Recorder} recorder
 * @param {Cells} cells
 * @param {readonly number[]} chosen
 * @param {number} writeCount
 */
function transact(store, recorder, cells, chosen, writeCount) {
  recorder.prepare()
  store.transact(
    (tx) => {
      recorder.end(false, 'transact')
      recorder.work(tx, cells, chosen, writeCount)
    },
    { isolation: recorder.plan.isolation },
  )
  recorder.end(true, 'transact')
}

/**
 * @param {Store} store
 * @param {Recorder} recorder
 * @param {Cells} cells
 * @param {readonly number[]} chosen
 * @param {number} writeCount
 */
function attemptByHand(store, recorder, cells, chosen, writeCount) {
  recorder.prepare()
  const transaction = store.startTransaction({ isolation: recorder.plan.isolation })
  try {
    const access = {
      /** @param {Cell} cell */
      get: (cell) => transaction.read(cell),
      /** @param {Cell} cell @param {unknown} value */
      set: (cell, value) => transaction.write(cell, value),
    }
    recorder.work(access, cells, chosen, writeCount)
    transaction.commit()
    recorder.end(true, 'explicit')
  } finally {
    transaction.rollback()
  }
}

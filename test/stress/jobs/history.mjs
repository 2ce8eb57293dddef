/**
 * Random transactions on few cells, recorded to a file. A cell holds a number, a text or a record, so
 * that every way in which the engine keeps values takes part.
 */
import { record, TransactionConflictError } from 'khonsu'
import { recordHistory } from 'khonsu/history'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('khonsu/history').RecordedStore} RecordedStore
 * @typedef {import('khonsu').Ref<unknown>} Cell
 * @typedef {{ count: number, twice: number }} Count
 * @typedef {object} Access
 * @property {(cell: Cell) => unknown} get
 * @property {(cell: Cell, value: unknown) => void} set
 * @property {(cell: Cell) => boolean} delete
 * @property {(cell: import('khonsu').Ref<Count>) => Count} [modify]
 * @property {(key: number) => readonly number[]} getList
 * @property {(key: number) => number} append
 * @typedef {object} Plan
 * @property {number} seed
 * @property {string} file
 * @property {number} cellCount cells that are in use at one time
 * @property {number} freshEvery ticks of the clock after which other cells are used, 0 for never
 * @property {number} readCountMax
 * @property {number} pauseEvery accesses after which one waits, on the average, so that others come between
 * @property {number} pauseMs
 * @property {boolean} blind whether cells are written that were not read
 * @property {boolean} deletes whether cells are deleted
 * @property {boolean} lists whether keys hold lists, which are read and appended to
 * @property {import('khonsu').IsolationLevel} isolation
 * @property {number} lengthMs
 * @property {number} transactionsMax
 * @property {Int32Array} clock one word that all threads share
 */

const TEXT_LENGTHS = [0, 40, 200, 1_000]
const stamp = record({ count: 'uint32', twice: 'float64' })
const NONE = { count: 0, twice: 0 }

/** A number is its own version; a text tells it, and more that must fit. */
const ENVELOPE = {
  /** @type {import('khonsu/history').ValueEnvelope['seal']} */
  seal(version, value, key) {
    if (typeof key === 'object' && key[1] === 0) return version
    const filler = String(version % 10).repeat(TEXT_LENGTHS[version % TEXT_LENGTHS.length] ?? 0)
    return `${version}:${value}:${filler}`
  },
  /** @type {import('khonsu/history').ValueEnvelope['open']} */
  open(stored, key) {
    if (typeof stored === 'number') return { version: stored, value: stored }
    const [version, value] = String(stored).split(':', 2).map(Number)
    if (ENVELOPE.seal(Number(version), Number(value), key) === stored) {
      return { version: Number(version), value: Number(value) }
    }
    throw new Error(`${key} holds ${String(stored).slice(0, 60)}, which nobody wrote`)
  },
}

/** The cells of a history by number, in one thread. */
class Cells {
  /** @param {RecordedStore} store */
  constructor(store) {
    this.store = store
    /** @type {Map<number, Cell>} */
    this.known = new Map()
  }

  /** @param {number} i @returns {Cell} */
  at(i) {
    const known = this.known.get(i)
    if (known !== undefined) return known
    const kind = i % 3
    const cell = kind === 2 ? this.store.ref([i, kind], stamp, NONE) : this.store.ref([i, kind])
    this.known.set(i, /** @type {Cell} */ (cell))
    return /** @type {Cell} */ (cell)
  }
}

/** Nobody wakes who waits here: it only lets others run, also where all threads share one core. */
const pause = new Int32Array(new SharedArrayBuffer(4))

/** One worker's part of a history. */
class Maker {
  /** @param {RecordedStore} store @param {Plan} plan */
  constructor(store, plan) {
    this.plan = plan
    this.random = randomFrom(plan.seed)
    this.cells = new Cells(store)
    this.count = 0
  }

  /**
   * Reads some cells, then writes some of these or others, some of them twice.
   *
   * @param {Access} access
   * @param {readonly number[]} chosen
   * @param {number} writeCount
   */
  work(access, chosen, writeCount) {
    const { plan, cells } = this
    if (plan.lists) {
      this.appendToLists(access, chosen, writeCount)
      return
    }
    const reads = plan.blind ? chosen.slice(0, chosen.length >> 1) : chosen
    for (const i of reads) {
      this.pause()
      check(i, access.get(cells.at(i)))
    }
    this.pause()
    this.write(access, chosen, writeCount)
  }

  /**
   * @param {Access} access
   * @param {readonly number[]} chosen
   * @param {number} writeCount
   */
  write(access, chosen, writeCount) {
    const { plan, random, cells } = this
    const written = plan.blind ? chosen.toReversed() : chosen
    for (const i of written.slice(0, writeCount)) {
      const cell = cells.at(i)
      if (plan.deletes && random() % 3 === 0) {
        access.delete(cell)
        continue
      }
      if (random() % 4 === 0) access.set(cell, this.value(i))
      if (i % 3 === 2 && access.modify !== undefined && random() % 2 === 0) {
        const view = access.modify(/** @type {import('khonsu').Ref<Count>} */ (cell))
        view.count += 1
        view.twice += 2
      } else {
        access.set(cell, this.value(i))
      }
    }
  }

  /**
   * @param {Access} access
   * @param {readonly number[]} chosen
   * @param {number} appendCount
   */
  appendToLists(access, chosen, appendCount) {
    for (const i of chosen) {
      this.pause()
      if (this.random() % 2 === 0) access.getList(i)
    }
    for (const i of chosen.slice(0, appendCount)) {
      this.pause()
      access.append(i)
      if (this.random() % 4 === 0) access.append(i)
      if (this.random() % 4 === 0) access.getList(i)
    }
  }

  pause() {
    if (this.random() % this.plan.pauseEvery === 0) Atomics.wait(pause, 0, 0, this.plan.pauseMs)
  }

  /** @param {number} i */
  value(i) {
    const count = ++this.count
    return i % 3 === 2 ? { count, twice: count * 2 } : count
  }

  /** @returns {number[]} */
  choose() {
    const { cellCount, freshEvery, clock, readCountMax } = this.plan
    const ticks = Atomics.add(clock, 0, 1)
    const first = freshEvery === 0 ? 0 : Math.floor(ticks / freshEvery) * cellCount
    const all = Array.from({ length: cellCount }, (_, i) => first + i)
    const count = 1 + (this.random() % Math.min(readCountMax, all.length))
    return Array.from({ length: count }, () => all.splice(this.random() % all.length, 1)[0] ?? 0)
  }
}

/** @param {number} i @param {unknown} value */
function check(i, value) {
  if (i % 3 !== 2 || value === undefined) return
  const { count, twice } = /** @type {{ count: number, twice: number }} */ (value)
  if (twice !== count * 2) throw new Error(`cell ${i} holds ${count} and ${twice}`)
}

/**
 * Runs random transactions until the time is up.
 *
 * @param {Store} store
 * @param {Plan} plan
 * @returns {string[]} what went wrong
 */
export function makeHistory(store, plan) {
  const recorded = recordHistory(store, { file: plan.file, envelope: ENVELOPE })
  const maker = new Maker(recorded, plan)
  /** @type {string[]} */
  const faults = []
  const untilMs = Date.now() + plan.lengthMs
  for (let i = 0; i < plan.transactionsMax && Date.now() < untilMs; i++) {
    const chosen = maker.choose()
    const writeCount = maker.random() % (chosen.length + 1)
    try {
      if (maker.random() % 3 === 0) byHand(recorded, maker, chosen, writeCount)
      else recorded.transact((tx) => maker.work(tx, chosen, writeCount), optionsOf(maker))
    } catch (error) {
      if (!(error instanceof TransactionConflictError)) faults.push(String(error))
    }
  }
  recorded.close()
  return faults.slice(0, 5)
}

/**
 * Options take another way through `transact` than none, and both have to be right.
 *
 * @param {Maker} maker
 */
function optionsOf(maker) {
  return maker.random() % 2 === 0 ? undefined : { name: 'with options' }
}

/**
 * @param {RecordedStore} store
 * @param {Maker} maker
 * @param {readonly number[]} chosen
 * @param {number} writeCount
 */
function byHand(store, maker, chosen, writeCount) {
  const transaction = store.startTransaction({ name: 'explicit' })
  try {
    const access = {
      /** @param {Cell} cell */
      get: (cell) => transaction.read(cell),
      /** @param {Cell} cell @param {unknown} value */
      set: (cell, value) => transaction.write(cell, value),
      /** @param {Cell} cell */
      delete: (cell) => transaction.delete(cell),
      /** @param {number} key */
      getList: (key) => transaction.readList(key),
      /** @param {number} key */
      append: (key) => transaction.append(key),
    }
    maker.work(access, chosen, writeCount)
    transaction.commit()
  } finally {
    transaction.rollback()
  }
}

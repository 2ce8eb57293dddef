/**
 * Money in pots that come and go: every pot is a key of its own, and what all of them hold stays the
 * same. Scans count it.
 */
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {object} Pots
 * @property {number} seed
 * @property {number} range ids of pots
 * @property {number} total
 * @property {number} untilMs in time since the epoch
 */

/** Money that is moved at once, at most. */
const AMOUNT_MAX = 100

/** Faults that are reported in full. */
const FAULTS_MAX = 5

/** @param {number} id @returns {[string, number]} */
const potOf = (id) => ['pot', id]

/** @param {Store} store @param {Pots} pots */
export function fillPots(store, { range, total }) {
  const count = Math.floor(range / 3)
  store.transact((tx) => {
    for (let i = 0; i < count; i++) tx.set(potOf(i * 3), Math.floor(total / count))
    tx.set(potOf(0), Math.floor(total / count) + (total % count))
  })
}

/**
 * Moves money from the first pot behind an id into another one, which is made if there is none; a pot
 * without money goes.
 *
 * @param {Store} store
 * @param {() => number} random
 * @param {Pots} pots
 */
function movePot(store, random, { range }) {
  const [from, to] = [random() % range, random() % range]
  const amount = (random() % AMOUNT_MAX) + 1
  store.transact((tx) => {
    for (const [key, held] of tx.scan({ prefix: ['pot'], gte: potOf(from), limit: 1 })) {
      const id = Number(/** @type {readonly number[]} */ (key)[1])
      if (id === to) return
      const moved = Math.min(Number(held), amount)
      if (moved === Number(held)) tx.delete(key)
      else tx.set(key, Number(held) - moved)
      tx.set(potOf(to), Number(tx.get(potOf(to)) ?? 0) + moved)
    }
  })
}

/**
 * What a scan of all pots finds wrong.
 *
 * @param {Store} store
 * @param {number} way
 * @param {Pots} pots
 * @returns {string | undefined}
 */
export function auditPots(store, way, { range, total }) {
  const all = { prefix: ['pot'] }
  const options = { readOnly: way % 2 === 0 }
  if (way % 3 === 0) {
    const values = new Float64Array(range)
    const count = store.transact((tx) => tx.scanInto(all, values), options)
    const sum = values.slice(0, count).reduce((before, value) => before + value, 0)
    return sum === total ? undefined : `scanInto: ${count} pots with ${sum} instead of ${total}`
  }
  const reverse = way % 3 === 1
  /** @type {[number, number][]} */
  let seen = []
  const counted = store.transact((tx) => {
    seen = []
    for (const [key, held] of tx.scan({ ...all, reverse })) {
      seen.push([Number(/** @type {readonly number[]} */ (key)[1]), Number(held)])
    }
    return tx.count(all)
  }, options)
  const sum = seen.reduce((before, [, held]) => before + held, 0)
  if (sum !== total) return `scan: ${seen.length} pots with ${sum} instead of ${total}`
  if (counted !== seen.length) return `count: ${counted} instead of ${seen.length}`
  const ids = seen.map(([id]) => (reverse ? -id : id))
  const isSorted = ids.every((id, at) => at === 0 || id > /** @type {number} */ (ids[at - 1]))
  return isSorted ? undefined : 'scan: out of order'
}

/**
 * Moves money, and counts it now and then, until the time is up.
 *
 * @param {Store} store
 * @param {Pots} pots
 * @returns {{ moves: number, audits: number, faults: string[] }}
 */
export function runPots(store, pots) {
  const random = randomFrom(pots.seed)
  const tally = { moves: 0, audits: 0, faults: /** @type {string[]} */ ([]) }
  while (Date.now() < pots.untilMs) {
    for (let i = 0; i < 50; i++) movePot(store, random, pots)
    tally.moves += 50
    const fault = auditPots(store, tally.audits++, pots)
    if (fault !== undefined && tally.faults.length < FAULTS_MAX) tally.faults.push(fault)
  }
  return tally
}

/**
 * The work of threads that do not live long.
 *
 * @param {Store} store
 * @param {Pots} pots
 * @returns {() => void}
 */
export default function doomedPots(store, pots) {
  const random = randomFrom(pots.seed)
  return () => {
    for (let i = 0; i < 10; i++) movePot(store, random, pots)
    auditPots(store, random(), pots)
  }
}

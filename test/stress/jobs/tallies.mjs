/**
 * Pots between which amounts are moved by `add`, so that all of them together hold nothing, and two
 * keys that say how many moves there were and what the largest was. Works on any store.
 */
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('khonsu').Transaction} Transaction
 * @typedef {object} Tallying
 * @property {'move' | 'collect' | 'look'} role `collect` moves, and empties pots, too
 * @property {number} seed
 * @property {number} potCount
 * @property {number} untilMs in time since the epoch
 * @property {import('khonsu').IsolationLevel} isolation
 * @typedef {object} Tallied
 * @property {number} moves
 * @property {number} largest
 * @property {number} looks
 * @property {string[]} faults what must not be
 */

const FAULTS_MAX = 5
const AMOUNT_MAX = 1_000

/** @param {number} at @returns {import('khonsu').Key} */
const potKey = (at) => ['pot', at]

/**
 * What all pots hold together, how many moves there were and how large they were.
 *
 * @param {Transaction} tx
 * @param {number} potCount
 */
export function lookAt(tx, potCount) {
  let sum = 0
  for (let at = 0; at < potCount; at++) sum += Number(tx.get(potKey(at)) ?? 0)
  return {
    sum,
    moves: Number(tx.get('moves') ?? 0),
    largest: Number(tx.get('largest') ?? 0),
    smallest: Number(tx.get('smallest') ?? 0),
  }
}

/**
 * Does its part until the time is up.
 *
 * @param {Store} store
 * @param {Tallying} tallying
 * @returns {Tallied}
 */
export function tally(store, { role, seed, potCount, untilMs, isolation }) {
  const random = randomFrom(seed)
  /** @type {Tallied} */
  const tallied = { moves: 0, largest: 0, looks: 0, faults: [] }
  /** @type {import('khonsu').Ref<number>[]} */
  const pots = Array.from({ length: potCount }, (_, at) => store.ref(potKey(at)))
  /** @param {number} at */
  const potAt = (at) => /** @type {import('khonsu').Ref<number>} */ (pots[at])
  let seen = { moves: 0, largest: 0 }
  const look = () => {
    const readOnly = random() % 2 === 0
    const options = readOnly ? /** @type {const} */ ({ isolation, readOnly }) : { isolation }
    const found = store.transact((/** @type {Transaction} */ tx) => lookAt(tx, potCount), options)
    const isBehind = found.moves < seen.moves || found.largest < seen.largest
    const isWrong = found.sum !== 0 || isBehind || found.smallest !== -found.largest
    if (isWrong && tallied.faults.length < FAULTS_MAX) {
      tallied.faults.push(JSON.stringify({ found, seen }))
    }
    seen = found
    tallied.looks++
  }
  const move = () => {
    const [from, to] = [random() % potCount, random() % potCount]
    const amount = 1 + (random() % AMOUNT_MAX)
    store.transact(
      (tx) => {
        tx.add(potKey(from), -amount)
        tx.add(potAt(to), amount)
        tx.add('moves', 1n)
        tx.max('largest', amount)
        tx.min('smallest', -amount)
      },
      { isolation },
    )
    tallied.moves++
    tallied.largest = Math.max(tallied.largest, amount)
  }
  const collect = () => {
    const [from, to] = [random() % potCount, random() % potCount]
    if (from === to) return
    store.transact(
      (tx) => {
        const amount = Number(tx.get(potKey(from)) ?? 0)
        tx.delete(potKey(from))
        tx.add(potAt(to), amount)
      },
      { isolation },
    )
  }
  while (Date.now() < untilMs || tallied.moves + tallied.looks === 0) {
    if (role === 'look') look()
    else if (role === 'collect' && random() % 8 === 0) collect()
    else move()
  }
  return tallied
}

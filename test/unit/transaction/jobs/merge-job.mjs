import { attach } from 'khonsu'

/** @typedef {Readonly<Record<string, number>>} Fields */

/**
 * Takes the fields that mine has changed, and theirs for the others.
 *
 * @param {Fields | undefined} base
 * @param {Fields | undefined} theirs
 * @param {Fields | undefined} mine
 */
function mergeFields(base, theirs, mine) {
  merges++
  const changed = Object.entries(mine ?? {}).filter(([name, value]) => base?.[name] !== value)
  return { ...theirs, ...Object.fromEntries(changed) }
}

let merges = 0

/**
 * Counts in its own field of a document that others change, too; how often that was merged. The document
 * is read, so it is at a level that does not validate reads.
 *
 * @param {{ field: string, count: number }} input
 */
export default function countInField({ field, count }) {
  const store = attach()
  store.defineMerge('fields', mergeFields)
  for (let i = 1; i <= count; i++) {
    store.transact(
      (tx) => {
        const old = /** @type {Fields | undefined} */ (tx.get('document'))
        tx.set('document', { ...old, [field]: i }, { merge: 'fields' })
      },
      { isolation: i % 2 === 0 ? 'read-committed' : 'repeatable-read' },
    )
  }
  return merges
}

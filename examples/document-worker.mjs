import { attach } from 'khonsu'

/** @typedef {Readonly<Record<string, string>>} Plan */

/**
 * What one has changed since `base` is changed, whoever it was; where both have changed a field, mine
 * counts.
 *
 * @param {Plan} base
 * @param {Plan} theirs
 * @param {Plan} mine
 * @returns {Plan}
 */
function mergeFields(base = {}, theirs = {}, mine = {}) {
  const changed = Object.keys(mine).filter((field) => mine[field] !== base[field])
  return { ...theirs, ...Object.fromEntries(changed.map((field) => [field, mine[field] ?? ''])) }
}

/**
 * Edits some fields of the plan, one at a time. The others may have changed when it commits: then the
 * plan is merged, and its body does not run again.
 *
 * @param {{ fields: readonly string[], edits: number }} input
 */
export default function edit({ fields, edits }) {
  const store = attach()
  store.defineMerge('fields', mergeFields)
  for (let version = 1; version <= edits; version++) {
    for (const field of fields) {
      store.transact(
        (tx) => {
          const plan = /** @type {Plan} */ (tx.get('plan'))
          tx.set('plan', { ...plan, [field]: `version ${version}` }, { merge: 'fields' })
        },
        // Its reads are not validated, so that what was read may be merged.
        { isolation: 'repeatable-read' },
      )
    }
  }
}

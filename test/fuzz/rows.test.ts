import { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import type { Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { planNewest, planWhole } from '#dist/src/transaction/chain-merging.js'
import { peekBlock } from '#dist/src/transaction/peeking.js'
import { type Row, rowsOf, tableOf } from '../support/rows.ts'
import { openStore } from '../support/store.ts'

const RUN_COUNT = 150
const KEY = 'rows'

const ids = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 })
const rows = fc
  .tuple(ids, fc.option(fc.integer({ min: 0, max: 99 })))
  .map(([all, value]) =>
    all.map((id, i): Row => ({ id, value: value === null ? null : value + i })),
  )

const change = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), rows }),
  fc.record({ kind: fc.constant('upsert' as const), rows }),
  fc.record({ kind: fc.constant('delete rows' as const), ids }),
  fc.record({ kind: fc.constant('set' as const), rows }),
  fc.record({ kind: fc.constant('delete' as const) }),
  fc.record({ kind: fc.constant('look' as const) }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

const transaction = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 5 }),
  ends: fc.constantFrom('commit', 'commit', 'commit', 'throw'),
  merge: fc.constantFrom('none', 'newest', 'below', 'whole'),
})

/** What a change makes of plain rows; undefined is no value. */
function applied(before: readonly Row[] | undefined, change: Change): readonly Row[] | undefined {
  switch (change.kind) {
    case 'append':
      return [...(before ?? []), ...change.rows]
    case 'upsert': {
      const after = [...(before ?? [])]
      const known = new Set(after.map(({ id }) => id))
      const added = new Map<number, Row>()
      for (const row of change.rows) {
        for (const [i, { id }] of after.entries()) if (id === row.id) after[i] = row
        if (!known.has(row.id)) added.set(row.id, row)
      }
      return [...after, ...added.values()]
    }
    case 'delete rows':
      return before?.filter(({ id }) => !change.ids.includes(id))
    case 'set':
      return change.rows
    case 'delete':
      return undefined
    default:
      return before
  }
}

/** Merges what the key holds, in one of the ways in which writers and the coordinator do. */
function mergeChain({ session }: Khonsu, how: string): void {
  if (how === 'none') return
  const slot = session.acquireSlot()
  peekBlock(session, KEY, (block, reader) => {
    const cell = session.recall(KEY)?.cell ?? 0
    if (block === undefined || cell === 0) return
    const merge =
      how === 'newest'
        ? planNewest(session, block, { slot: reader, bytesMax: Number.POSITIVE_INFINITY })
        : planWhole(session, block, {
            slot: reader,
            lockSlot: slot,
            cell: how === 'whole' ? cell : 0,
          })
    while (merge?.step(0) === false);
    if (how === 'whole') hasMerged ||= merge !== undefined
  })
  session.releaseSlot(slot)
}

let hasMerged = false

describe('rows that are appended, upserted and deleted', () => {
  it('are those of a plain list, whatever is merged meanwhile', async () => {
    const khonsu = await openStore()
    const look = (): readonly Row[] | undefined => {
      return khonsu.transact((tx) => {
        const batch = tx.get(KEY)
        return batch instanceof RecordBatch ? rowsOf(batch) : undefined
      })
    }
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 12 }), (transactions) => {
        khonsu.transact((tx) => tx.delete(KEY))
        let model: readonly Row[] | undefined
        for (const { changes, ends, merge } of transactions) {
          const after = changes.reduce<readonly Row[] | undefined>(applied, model)
          try {
            khonsu.transact((tx) => {
              let own = model
              for (const each of changes) {
                own = applied(own, each)
                if (each.kind === 'append') tx.append(KEY, tableOf(each.rows))
                else if (each.kind === 'upsert') tx.upsert(KEY, tableOf(each.rows))
                else if (each.kind === 'delete rows') tx.deleteRows(KEY, each.ids)
                else if (each.kind === 'set') tx.set(KEY, tableOf(each.rows))
                else if (each.kind === 'delete') tx.delete(KEY)
                else {
                  const batch = tx.get(KEY)
                  expect(batch instanceof RecordBatch ? rowsOf(batch) : undefined).toEqual(own)
                }
              }
              if (ends === 'throw') throw new Error('rolled back')
            })
            model = after
          } catch (error) {
            if (!(error instanceof Error && error.message === 'rolled back')) throw error
          }
          expect(look()).toEqual(model)
          mergeChain(khonsu, merge)
          expect(look()).toEqual(model)
        }
      }),
      { numRuns: RUN_COUNT },
    )
    expect(hasMerged).toBe(true)
  })
})

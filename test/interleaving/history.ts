/**
 * What a finished run of a program must look like. The graph has a node for every commit that wrote
 * and a node for every set of reads that stands for itself: of a read-only transaction, of an
 * aborted one, of a repeatable-read one. A serializable commit reads where it writes, so it has one
 * node. Edges (Adya, 1999): ww, wr, rw, the order of commit timestamps, and real time. No cycle: all
 * of them fit into one order, every set of reads is a prefix of it (I-2), and who began after another
 * had ended comes later. For a repeatable-read commit the replaced versions count as read: first
 * committer wins.
 */
import {
  BEFORE,
  COMMIT,
  COMMITTED,
  FIRST,
  type Machine,
  OUTCOME,
  READ_VALUE,
  REPLACED,
  RUNNING,
} from './machine.ts'

/** What is wrong with a run that has ended, or undefined. */
export function faultOf(m: Machine): string | undefined {
  const { transactions } = m.program
  const count = transactions.length
  const before = new Uint16Array(2 * count)
  const order = (earlier: number, later: number) => {
    if (earlier !== later) before[later] = (before[later] as number) | (1 << earlier)
  }
  const isCommit = (id: number) => m.at(m.transaction(id) + COMMIT) !== 0
  /** The node of the reads: `id` when it is that of the commit, else `count + id`. */
  const readerOf = (id: number) =>
    isCommit(id) && transactions[id]?.repeatable === false ? id : count + id

  for (const { id, repeatable } of transactions) {
    const base = m.transaction(id)
    if (m.at(base + OUTCOME) === 0) continue
    if (m.at(base + OUTCOME) === RUNNING) return 'a transaction did not end'
    if (
      isCommit(id) !==
      (m.at(base + OUTCOME) === COMMITTED && (transactions[id]?.written.length ?? 0) > 0)
    )
      return 'an aborted transaction had its commit point'
    if (readerOf(id) !== id && isCommit(id)) order(readerOf(id), id)
    for (const other of transactions) {
      if (m.at(base + BEFORE) & (1 << other.id)) {
        for (const early of [other.id, readerOf(other.id)]) {
          order(early, id)
          order(early, readerOf(id))
        }
      }
      if (
        isCommit(id) &&
        isCommit(other.id) &&
        m.at(base + COMMIT) > m.at(m.transaction(other.id) + COMMIT)
      )
        order(other.id, id)
    }
    for (let cell = 0; cell < m.program.cellCount; cell++) {
      const entry = m.entry(id, cell)
      const replaced = m.at(entry + REPLACED)
      const read = m.at(entry + READ_VALUE)
      if (replaced > FIRST + 1) order(replaced - FIRST - 2, id)
      if (repeatable && replaced !== 0) addRead(readerOf(id), cell, replaced)
      if (read !== 0) addRead(readerOf(id), cell, read)
    }
  }
  return isCyclic(before) ? 'the transactions do not fit into one order' : undefined

  function addRead(reader: number, cell: number, value: number): void {
    if (value > FIRST + 1) order(value - FIRST - 2, reader)
    for (const { id } of transactions) {
      if (m.at(m.entry(id, cell) + REPLACED) === value) order(reader, id)
    }
  }
}

/** Takes away nodes that nothing left comes before, as long as there are any. */
function isCyclic(before: Uint16Array): boolean {
  let left = 2 ** before.length - 1
  for (;;) {
    let free = 0
    for (const [node, set] of before.entries()) {
      if (left & (1 << node) && (set & left) === 0) free |= 1 << node
    }
    if (free === 0) return left !== 0
    left &= ~free
  }
}

/**
 * Writes that are merged with what others have committed: noting them, with what they are based on, and
 * merging them when a commit has met another version. No lock is held meanwhile (I-7).
 */

import { SLOT_OPPONENT_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  CAUSE_ERROR,
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
  TAG_ABSENT,
} from '../../native-layout/status-codes.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { PromiseReturnedError } from '../errors/transaction-errors.ts'
import { decodeHeld, type HeldValue, heldIn } from '../values/held-value.ts'
import type { Key } from '../values/key.ts'
import type { Writer } from '../values/stored-value.ts'
import { handleOf, tagOf, writeOnce, writeTarget, writing } from './access.ts'
import type { AnyMerge } from './merge-table.ts'
import { peeking } from './peeking.ts'
import { isPromise, silence } from './promises.ts'
import { Ref } from './ref.ts'
import type { CellHandle, Session } from './session.ts'
import type { Transaction } from './transaction.ts'
import { backOff } from './waiting.ts'

/** Times that what is committed is looked at while it is locked. */
const LOOKS_MAX = 64

/** What `set` takes. */
export interface SetOptions {
  /**
   * The merge, by the name that it has in this thread (`Store.defineMerge`), by which this write is brought
   * together with what others commit to the key before this transaction does.
   */
  readonly merge?: string | undefined
}

/** One write that is merged. */
interface MergedWrite {
  readonly target: Key | Ref<unknown>
  readonly cell: CellHandle
  readonly base: HeldValue
  name: string
  merge: AnyMerge
  /** What the transaction was to write, once it was merged with something. */
  mine: HeldValue | undefined
}

/** By cell; a transaction without any has none. */
const writesOf = new WeakMap<Transaction, Map<number, MergedWrite>>()

/** Writes the value of a key or a ref as the options say. */
export function writeWith(
  tx: Transaction,
  target: Key | Ref<unknown>,
  value: unknown,
  options: SetOptions,
): void {
  tx.assertOpen()
  let name: string | undefined
  let merge: AnyMerge | undefined
  try {
    name = nameIn(options)
    if (name !== undefined) merge = tx.session.merges.get(name)
  } catch (error) {
    throw tx.poison(error)
  }
  if (name === undefined || merge === undefined) writeTarget(tx, target, value)
  else writeMerged(tx, target, value, { name, merge })
}

function nameIn(options: SetOptions): string | undefined {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError({ option: 'options', given: options, accepted: 'an object' })
  }
  for (const option of Object.keys(options)) {
    if (option === 'merge') continue
    throw new InvalidOptionError({ option: 'options', given: option, accepted: 'the name merge' })
  }
  return options.merge
}

function writeMerged(
  tx: Transaction,
  target: Key | Ref<unknown>,
  value: unknown,
  by: Pick<MergedWrite, 'name' | 'merge'>,
): void {
  const { session, slot, kernel } = tx
  const codec = target instanceof Ref ? target.codec : undefined
  const writes = writesOf.get(tx) ?? new Map<number, MergedWrite>()
  try {
    writing(tx, handleOf(tx, target), (handle) => {
      const known = writes.get(handle.cell)
      let base = known?.base
      if (base === undefined) {
        const status = lookAtBase(tx, handle)
        if (status !== STATUS_OK) return status
        base = heldIn(session.arena, slot)
      }
      const status = writeOnce(session, tx, handle, codec, value)
      if (status !== STATUS_OK) return status
      kernel.mergeWrite(slot, handle.cell)
      writes.set(handle.cell, { target, cell: { ...handle }, base, ...by, mine: undefined })
      return STATUS_OK
    })
  } catch (error) {
    throw tx.poison(error)
  }
  writesOf.set(tx, writes)
}

function lookAtBase(tx: Transaction, { cell, generation }: CellHandle): number {
  const { session, slot, kernel } = tx
  kernel.readBase(slot, cell, generation)
  const tag = tagOf(tx)
  if (tag === STATUS_LOCKED) settleOpponent(session, slot)
  return tag < STATUS_FAILURE_FIRST ? STATUS_OK : tag
}

/** The lock may be that of a commit of this thread, which was thrown out of it. */
function settleOpponent(session: Session, slot: number): void {
  session.settleOwnLock(session.arena.u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number)
}

/**
 * Merges the writes of a transaction that have met other versions than those that they are based on, and
 * bases them on these. The commit has to be tried again then. STATUS_OK or why the attempt ends.
 *
 * @throws what a merge has thrown, or what is wrong with its result; the transaction has ended then.
 */
export function mergeWrites(tx: Transaction): number {
  const { session, kernel } = tx
  // Who holds on to the transaction does nothing with it while it commits.
  tx.end('aborted')
  session.merging.add(tx)
  try {
    for (const write of writesOf.get(tx)?.values() ?? []) {
      const status = peeking(session, (slot) => mergeWrite(tx, write, slot))
      if (status !== STATUS_OK) return status
    }
  } catch (error) {
    kernel.abort(tx.slot, CAUSE_ERROR)
    throw error
  } finally {
    session.merging.delete(tx)
  }
  tx.reopen()
  return STATUS_OK
}

/** Merges one write with what another slot reads now, if that is not what it is based on. */
function mergeWrite(tx: Transaction, write: MergedWrite, other: number): number {
  const { session, slot, kernel } = tx
  const { cell } = write.cell
  const found = readTheirs(session, write.cell, other)
  if (found !== STATUS_OK) return found
  const theirs = heldIn(session.arena, other)
  if (kernel.rebaseWrite(slot, cell, other, write.mine === undefined ? 1 : 0) === 0)
    return STATUS_OK
  if (write.mine === undefined) {
    kernel.read(slot, cell, write.cell.generation)
    const tag = tagOf(tx)
    if (tag >= STATUS_FAILURE_FIRST) return tag === STATUS_REF_EXPIRED ? STATUS_STALE_READ : tag
    write.mine = heldIn(session.arena, slot)
  }
  const values = decodeAll(tx, write, theirs, other)
  if (values === undefined) return STATUS_SNAPSHOT_TOO_OLD
  const result = write.merge(...values)
  if (isPromise(result)) {
    silence(result)
    throw new PromiseReturnedError({ merge: write.name })
  }
  const status = writeResult(tx, write, result)
  // Views that the result was made of may have been of memory that others use by now.
  return status === STATUS_OK && !areLive(tx, other) ? STATUS_SNAPSHOT_TOO_OLD : status
}

/** Whether what a transaction and a slot have read is still held. */
function areLive({ kernel, slot }: Transaction, other: number): boolean {
  return kernel.isLive(slot) !== 0 && kernel.isLive(other) !== 0
}

function readTheirs(session: Session, { cell, generation }: CellHandle, other: number): number {
  const { arena, kernel } = session
  for (let looks = 0; ; looks++) {
    kernel.read(other, cell, generation)
    const { tag } = heldIn(arena, other)
    if (tag < STATUS_FAILURE_FIRST) return STATUS_OK
    if (tag === STATUS_REF_EXPIRED) return STATUS_STALE_READ
    if (tag !== STATUS_LOCKED || looks >= LOOKS_MAX) return tag
    settleOpponent(session, other)
    backOff(arena, looks)
  }
}

/**
 * What a merge gets: what a read of the target would have given at each of the three versions, lent to a
 * slot. Undefined when the snapshot is too old to have them all.
 */
function decodeAll(
  tx: Transaction,
  { target, base, mine }: MergedWrite,
  theirs: HeldValue,
  borrower: number,
): Parameters<AnyMerge> | undefined {
  const codec = target instanceof Ref ? target.codec : undefined
  const initial = target instanceof Ref ? target.initial : undefined
  const decode = (held: HeldValue): unknown => {
    const value = decodeHeld(tx.session, borrower, held, codec)
    return value === undefined ? initial : value
  }
  try {
    const values: Parameters<AnyMerge> = [decode(base), decode(theirs), decode(mine as HeldValue)]
    return areLive(tx, borrower) ? values : undefined
  } catch (error) {
    // What was decoded may have been a block that others use by now.
    if (areLive(tx, borrower)) throw error
    return undefined
  }
}

function writeResult(tx: Transaction, { target, cell }: MergedWrite, result: unknown): number {
  const { session, slot, kernel } = tx
  const codec = target instanceof Ref ? target.codec : undefined
  // The transaction counts as ended for all others while its commit merges.
  const writer: Writer = { slot, assertOpen: () => {} }
  const write = (): number =>
    result === undefined
      ? kernel.writeValue(slot, cell.cell, cell.generation, TAG_ABSENT, 0, 0)
      : writeOnce(session, writer, cell, codec, result)
  let status = write()
  if (status === STATUS_ARENA_FULL && session.reclaim()) status = write()
  return status === STATUS_REF_EXPIRED ? STATUS_STALE_READ : status
}

/**
 * Reads and writes of a transaction in all their cases: keys and refs, every type of value, locks to
 * wait for, cells that were given to other keys, a full arena.
 */
import {
  SLOT_OPPONENT_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  TAG_ABSENT,
  TAG_BATCH,
  TAG_BLOCK_FIRST,
} from '../../native-layout/status-codes.ts'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Codec, RecordCodec, RecordView, ValueCodec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import {
  readRecord,
  readStored,
  type Writer,
  writeRecord,
  writeStored,
} from '../values/stored-value.ts'
import type { Storable, Value } from '../values/value.ts'
import { errorOf } from './failure.ts'
import { Ref } from './ref.ts'
import type { RefList } from './ref-list.ts'
import type { CellHandle, Session } from './session.ts'
import type { Transaction } from './transaction.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a read or a write waits for one lock before it gives up. */
const WAIT_MS_MAX = 2000

/** The value of a key or a ref, as `Transaction.get` promises it. */
export function readTarget<T>(tx: Transaction, target: Key | Ref<T>): unknown {
  tx.assertOpen()
  if (target instanceof Ref) {
    assertOwn(tx, target.kind.session)
    const value = readFrom(tx, target, target)
    return value === undefined ? target.initial : value
  }
  const handle = findForRead(tx, target)
  return handle === undefined ? undefined : readFrom(tx, handle)
}

/** The value of an element of a list. */
export function readElement(tx: Transaction, list: RefList, index: number): Value | undefined {
  tx.assertOpen()
  assertOwn(tx, list.kind.session)
  const handle = handleAt(tx, list, index)
  const value = readFrom(tx, handle)
  list.store(index, handle)
  return value as Value | undefined
}

/** A batch that a transaction has read: the handles of its chunk and its block, and where it was. */
export interface FoundBatch extends Readonly<CellHandle> {
  readonly chunk: number
  readonly block: number
}

/** The batch that a key or a ref holds, or undefined when it has no value. */
function readBatchOf(tx: Transaction, target: Key | Ref<unknown>): FoundBatch | undefined {
  tx.assertOpen()
  if (target instanceof Ref) assertOwn(tx, target.kind.session)
  const handle = target instanceof Ref ? target : findForRead(tx, target)
  if (handle === undefined) return undefined
  tx.kernel.read(tx.slot, handle.cell, handle.generation)
  const tag = settleRead(tx, handle)
  if (tag === TAG_ABSENT) return undefined
  if (tag !== TAG_BATCH) throw tx.poison(noBatch())
  const { u32 } = tx.session.arena
  const at = (tx.slot + SLOT_VALUE_OFFSET) >>> 2
  const { key, cell, generation } = handle
  return { key, cell, generation, chunk: u32[at] as number, block: u32[at + 1] as number }
}

/**
 * What somebody makes of the batch of a key, or undefined when there is none; errors end the transaction.
 * What was made while the right to the snapshot got lost may have been made of anything: it is `undone`.
 */
export function usingBatch<R>(
  tx: Transaction,
  target: Key | Ref<unknown>,
  use: (batch: FoundBatch) => R,
  undo?: (made: R) => void,
): R | undefined {
  const batch = readBatchOf(tx, target)
  if (batch === undefined) return undefined
  const { session, slot, kernel } = tx
  const tooOld = (): Error => errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD)
  try {
    const made = use(batch)
    if (kernel.isLive(slot) !== 0) return made
    undo?.(made)
    throw tooOld()
  } catch (error) {
    throw tx.poison(kernel.isLive(slot) === 0 ? tooOld() : error)
  }
}

/** As `usingBatch`, of the handle of the block. */
export function usingBlock<R>(
  tx: Transaction,
  target: Key | Ref<unknown>,
  use: (block: number) => R,
  undo?: (made: R) => void,
): R | undefined {
  return usingBatch(tx, target, ({ block }) => use(block), undo)
}

/**
 * As `usingBlock`, for who keeps the batch, or its name, beyond the transaction. What that has written itself
 * is refused: nobody else may see it before the commit, which may still put it on top of another one.
 */
export function keepingBlock<R>(
  tx: Transaction,
  target: Key | Ref<unknown>,
  keep: (block: number) => R,
  undo?: (made: R) => void,
): R | undefined {
  const keepCommitted = ({ cell, block }: FoundBatch): R => {
    if (tx.kernel.hasWritten(tx.slot, cell) !== 0) throw notCommitted()
    return keep(block)
  }
  return usingBatch(tx, target, keepCommitted, undo)
}

function notCommitted(): ValueNotAcceptableError {
  const why =
    'this transaction has written it, and only what is committed can be pinned or named; do that ' +
    'in the next transaction, or use tx.copy'
  return new ValueNotAcceptableError({ path: '$', why })
}

function noBatch(): ValueNotAcceptableError {
  const why = 'the key holds a value that is no batch; read it with get'
  return new ValueNotAcceptableError({ path: '$', why })
}

/** Whether a key has a value. */
export function hasValue(tx: Transaction, target: Key | Ref<unknown>): boolean {
  tx.assertOpen()
  const handle = target instanceof Ref ? target : findForRead(tx, target)
  if (handle === undefined) return false
  if (target instanceof Ref) assertOwn(tx, target.kind.session)
  tx.kernel.read(tx.slot, handle.cell, handle.generation)
  return settleRead(tx, handle) !== TAG_ABSENT
}

/** Writes the value of a key or a ref. */
export function writeTarget<T>(tx: Transaction, target: Key | Ref<T>, value: unknown): void {
  tx.assertOpen()
  const { session } = tx
  try {
    const codec = target instanceof Ref ? target.codec : undefined
    const handle = handleOf(tx, target)
    if (codec?.kind === 'record') {
      writing(tx, handle, (cell) => writeRecord(session.arena, tx, cell, codec, value as T))
      return
    }
    const stored = codec === undefined ? value : encoded(tx, codec, value as T)
    writing(tx, handle, (cell) => writeStored(session, tx, cell, stored as Storable))
  } catch (error) {
    throw tx.poison(error)
  }
}

/** What a codec makes of a value for a transaction, which its code may have ended. */
function encoded<T>(writer: Writer, codec: ValueCodec<T>, value: T): Value {
  const stored = codec.encode(value)
  writer.assertOpen()
  return stored
}

/** Writes a value to a cell once, through a codec if there is one; the status of the kernel. */
export function writeOnce<T>(
  session: Session,
  writer: Writer,
  cell: CellHandle,
  codec: Codec<T> | undefined,
  value: unknown,
): number {
  if (codec?.kind === 'record') return writeRecord(session.arena, writer, cell, codec, value as T)
  const stored = codec === undefined ? value : encoded(writer, codec, value as T)
  return writeStored(session, writer, cell, stored as Storable)
}

/** Writes the value of an element of a list. */
export function writeElement(tx: Transaction, list: RefList, index: number, value: Storable): void {
  tx.assertOpen()
  assertOwn(tx, list.kind.session)
  const handle = handleAt(tx, list, index)
  try {
    writing(tx, handle, (cell) => writeStored(tx.session, tx, cell, value))
  } catch (error) {
    throw tx.poison(error)
  }
  list.store(index, handle)
}

/** The view of a record, after waiting, looking the key up again or writing the initial value. */
export function modifyRecord<T>(tx: Transaction, ref: Ref<T>): RecordView<T> {
  const { session, slot, kernel } = tx
  for (let isWritten = false; ; ) {
    const old = readTarget(tx, ref)
    const { codec } = ref
    if (codec?.kind !== 'record') throw tx.poison(notARecord(ref))
    if (old === undefined) throw tx.poison(noRecord())
    const { byteLength, fingerprint } = codec
    const payload = kernel.modify(slot, ref.cell, ref.generation, byteLength, fingerprint)
    if (payload !== 0) return codec.viewOf(tx, payload >>> 0)
    // The cell was taken from its key since it was read.
    if (ref.cell !== 0 && tagOf(tx) === STATUS_REF_EXPIRED) continue
    if (isWritten) throw tx.poison(errorOf(session, slot, tagOf(tx)))
    // The ref has no value but its initial one, or there was no room for a copy.
    writeTarget(tx, ref, old)
    isWritten = true
  }
}

function notARecord(ref: Ref<unknown>): InvalidOptionError {
  const accepted = 'a ref with a codec made by record()'
  return new InvalidOptionError({ option: 'ref', given: ref?.key, accepted })
}

function noRecord(): ValueNotAcceptableError {
  const why =
    'the key has no value that could be modified; set one before, or make the ref with an initial one'
  return new ValueNotAcceptableError({ path: '$', why })
}

/** The tag of the slot's last read, or why it failed. */
export function tagOf(tx: Transaction): number {
  return tx.session.arena.u32[(tx.slot + SLOT_TAG_OFFSET) >>> 2] as number
}

/** Removes a value; whether there was one. */
export function remove(tx: Transaction, target: Key | Ref<unknown>): boolean {
  if (!hasValue(tx, target)) return false
  writing(tx, handleOf(tx, target), ({ cell, generation }) =>
    tx.kernel.writeValue(tx.slot, cell, generation, TAG_ABSENT, 0, 0),
  )
  return true
}

function readFrom<T>(tx: Transaction, handle: CellHandle, ref?: Ref<T>): unknown {
  const number = tx.kernel.read(tx.slot, handle.cell, handle.generation)
  if (!Number.isNaN(number) && ref?.codec === undefined) return number
  return finishRead(tx, handle, ref)
}

/** Turns the result of a read into a value; waits, looks the key up again or fails as it says. */
function finishRead<T>(tx: Transaction, handle: CellHandle, ref: Ref<T> | undefined): unknown {
  const tag = settleRead(tx, handle)
  if (tag === TAG_ABSENT) return ref?.initial
  const { session, slot, kernel } = tx
  const codec = ref?.codec
  try {
    const value =
      codec?.kind === 'record'
        ? readRecord(session.arena, slot, codec as RecordCodec<T>)
        : readStored(session, slot)
    if (tag >= TAG_BLOCK_FIRST && kernel.isLive(slot) === 0) {
      throw errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD)
    }
    if (codec === undefined || codec.kind === 'record') return value
    return codec.decode(value as Value)
  } catch (error) {
    // What was decoded may have been a block that others use by now.
    const revoked = kernel.isLive(slot) === 0
    throw tx.poison(revoked ? errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD) : error)
  }
}

/** The tag of the read that was just made, made again as often as it takes. */
function settleRead(tx: Transaction, handle: CellHandle): number {
  const { session, slot } = tx
  const { kernel } = session.arena
  let reclaimed = false
  let startedMs = 0
  for (let waits = 0; ; waits++) {
    const tag = tagOf(tx)
    if (tag < STATUS_FAILURE_FIRST) return tag
    if (tag === STATUS_REF_EXPIRED) {
      if (!findAgain(tx, handle)) return TAG_ABSENT
    } else if (tag === STATUS_LOCKED) {
      if (startedMs === 0) {
        startedMs = performance.now()
        session.settleOwnLock(session.arena.u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number)
      }
      if (!isWithin(startedMs)) throw tx.poison(errorOf(session, slot, tag))
      backOff(session.arena, waits)
    } else if (tag === STATUS_ARENA_FULL && !reclaimed) {
      // What a transaction has read takes memory, too.
      reclaimed = true
      session.reclaim()
    } else {
      throw tx.poison(errorOf(session, slot, tag))
    }
    kernel.read(slot, handle.cell, handle.generation)
  }
}

/** The cell of a key; when there is none, its absence becomes part of what was read. */
function findForRead(tx: Transaction, key: Key): CellHandle | undefined {
  const { session } = tx
  const known = session.recall(key)
  if (known !== undefined) return known
  const cell = lookUpForRead(tx, key)
  return cell === 0 ? undefined : session.remember(key, cell)
}

/** Looks the key of a handle that has expired up again; whether it has a cell. */
function findAgain(tx: Transaction, handle: CellHandle): boolean {
  const cell = lookUpForRead(tx, handle.key)
  tx.session.renew(handle, cell)
  return cell !== 0
}

function lookUpForRead(tx: Transaction, key: Key): number {
  const { session, slot } = tx
  for (let reclaimed = false; ; reclaimed = true) {
    let cell: number
    try {
      cell = session.kernel.lookUpForRead(slot, session.encode(key))
    } catch (error) {
      throw tx.poison(error)
    }
    const tag = tagOf(tx)
    if (cell !== 0 || tag === TAG_ABSENT) return cell
    if (tag !== STATUS_ARENA_FULL || reclaimed) throw tx.poison(errorOf(session, slot, tag))
    session.reclaim()
  }
}

/** The cell of a key or a ref, made when there is none. */
export function handleOf(tx: Transaction, target: Key | Ref<unknown>): CellHandle {
  if (target instanceof Ref) {
    assertOwn(tx, target.kind.session)
    return target
  }
  return tx.session.openCell(target)
}

function handleAt(tx: Transaction, list: RefList, index: number): CellHandle {
  try {
    return list.handleAt(index)
  } catch (error) {
    throw tx.poison(error)
  }
}

/** Does a write, again after looking the key up or making room; throws what it ends with. */
export function writing(
  tx: Transaction,
  handle: CellHandle,
  write: (handle: CellHandle) => number,
): void {
  const { session, slot } = tx
  let reclaimed = false
  let startedMs = 0
  session.batches.writer.refusedLengthBytes = 0
  for (let waits = 0; ; waits++) {
    const status = write(handle)
    if (status === STATUS_OK) return
    if (status === STATUS_REF_EXPIRED) {
      session.resolve(handle)
    } else if (status === STATUS_LOCKED) {
      // The leaf of the ordered index to which a new key belongs.
      if (startedMs === 0) startedMs = performance.now()
      if (!isWithin(startedMs)) throw tx.poison(errorOf(session, slot, status))
      backOff(session.arena, waits)
    } else if (status === STATUS_ARENA_FULL && !reclaimed) {
      reclaimed = true
      session.reclaim()
    } else {
      throw tx.poison(errorOf(session, slot, status))
    }
  }
}

function isWithin(startedMs: number): boolean {
  return performance.now() - startedMs <= WAIT_MS_MAX
}

function assertOwn(tx: Transaction, session: Session): void {
  if (session === tx.session) return
  const accepted = 'a ref that this store made, in this thread'
  const given = 'a ref of another store or thread'
  throw tx.poison(new InvalidOptionError({ option: 'ref', given, accepted }))
}

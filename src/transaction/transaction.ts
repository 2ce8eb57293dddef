import { SLOT_TAG_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  TAG_ABSENT,
  TAG_BLOCK_FIRST,
} from '../../native-layout/status-codes.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { type TransactionEnd, TransactionEndedError } from '../errors/transaction-errors.ts'
import type { RecordCodec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import { readRecord, readStored, writeRecord, writeStored } from '../values/stored-value.ts'
import type { DeepReadonly, Value } from '../values/value.ts'
import { errorOf } from './failure.ts'
import { Ref, type RefKind } from './ref.ts'
import { RefList } from './ref-list.ts'
import type { CellHandle, Session } from './session.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a read waits for one lock before it gives up. */
const READ_WAIT_MS_MAX = 2000

/** Whether something is a ref of this kind; quicker than `instanceof`, and as sure. */
function isOfKind(target: unknown, kind: RefKind<never>): target is Ref<never> {
  return (target as Partial<Ref> | null | undefined)?.kind === kind
}

/** `undefined` while the transaction is open. */
type State = TransactionEnd | undefined

/**
 * One open transaction, as its body sees it. Every call is synchronous. An error thrown by any of
 * these calls ends the attempt: a body that catches it cannot go on, since later calls throw
 * KHONSU_TRANSACTION_POISONED and the commit refuses.
 *
 * Keys and refs can be mixed; a ref saves the look-up of its key. Reads see the transaction's own
 * writes. Values that come out are copies: changing them changes nothing in the store.
 */
export class Transaction {
  /** @internal */
  readonly session: Session
  /** @internal */
  readonly slot: number
  /** @internal */
  state: State
  /** @internal What poisoned it. */
  failure: unknown
  #id: number | undefined

  /** @internal */
  constructor(session: Session, slot: number) {
    this.session = session
    this.slot = slot
    this.state = undefined
    this.failure = undefined
  }

  /** Number of this transaction, unique in its store; the first one asked for is 0. */
  get id(): number {
    this.#id ??= this.session.kernel.nextTransactionId()
    return this.#id
  }

  /**
   * The value of a key, or undefined when it has none; a ref with an initial value gives that.
   *
   * @throws {TransactionConflictError} when the snapshot cannot be kept; a retry helps, `transact`
   * does it.
   * @throws {KeyNotAcceptableError} {@link SnapshotTooOldError} {@link TransactionEndedError}
   * @example
   * const balance = store.transact((tx) => tx.get('balance'))
   */
  get(key: Key): Value | undefined
  get<T>(ref: Ref<T>): DeepReadonly<T> | undefined
  get<T>(target: Key | Ref<T>): unknown {
    const { session } = this
    if (this.state === undefined && isOfKind(target, session.plainRefs)) {
      const number = session.kernel.read(this.slot, target.cell, target.generation)
      // NaN says that the result is not a number, or the number NaN: both are told by the tag.
      return Number.isNaN(number) ? this.#finishRead(target, target) : number
    }
    return target instanceof Ref ? this.#getWithCodec(target) : this.#getByKey(target)
  }

  /** Whether a key has a value. The initial value of a ref does not count. */
  has(target: Key | Ref<unknown>): boolean {
    this.assertOpen()
    return this.#readTag(target) !== TAG_ABSENT
  }

  /**
   * Writes a value. Others see it when the transaction has committed, together with all its writes.
   *
   * @throws {ValueNotAcceptableError} with the path of what cannot be stored.
   * @throws {ArenaFullError} when there is no room.
   */
  set(key: Key, value: Value): void
  set<T>(ref: Ref<T>, value: T | DeepReadonly<T>): void
  set<T>(target: Key | Ref<T>, value: unknown): void {
    const { session } = this
    if (
      typeof value === 'number' &&
      this.state === undefined &&
      isOfKind(target, session.plainRefs)
    ) {
      const { cell, generation } = target
      if (session.kernel.writeNumber(this.slot, cell, generation, value) === STATUS_OK) return
    }
    this.#write(target, value)
  }

  /**
   * Replaces a value by what `change` makes of it, and returns the new value. `change` gets
   * undefined when the key has none, or the initial value of the ref.
   */
  update(key: Key, change: (old: Value | undefined) => Value): Value
  update<T>(
    ref: Ref<T>,
    change: (old: DeepReadonly<T> | undefined) => T | DeepReadonly<T>,
  ): DeepReadonly<T>
  update<T>(target: Ref<T> | Key, change: (old: never) => unknown): unknown {
    const old = this.get(target as Ref<T>)
    const value = change(old as never)
    this.set(target as Ref<T>, value as T)
    return value
  }

  /** Removes a value; whether there was one. */
  delete(target: Key | Ref<unknown>): boolean {
    this.assertOpen()
    if (this.#readTag(target) === TAG_ABSENT) return false
    const { kernel } = this.session
    this.#writing(this.#handleOf(target), ({ cell, generation }) =>
      kernel.writeValue(this.slot, cell, generation, TAG_ABSENT, 0, 0),
    )
    return true
  }

  /**
   * The value of one key of a list, or undefined when it has none. As `get`.
   *
   * @example
   * const accounts = store.refs(names)
   * const total = store.transact((tx) => Number(tx.getAt(accounts, 0)) + Number(tx.getAt(accounts, 1)))
   */
  getAt(list: RefList, index: number): Value | undefined {
    if (this.state === undefined && list.session === this.session && index >>> 0 === index) {
      const { handles } = list
      const number = this.session.kernel.read(
        this.slot,
        handles[index * 2]!,
        handles[index * 2 + 1]!,
      )
      if (!Number.isNaN(number)) return number
    }
    return this.#getAtSlowly(list, index)
  }

  #getAtSlowly(list: RefList, index: number): Value | undefined {
    this.assertOpen()
    this.#assertOwn(list.session)
    const handle = this.#handleAt(list, index)
    const value = this.#readFrom(handle)
    list.store(index, handle)
    return value as Value | undefined
  }

  /** Writes the value of one key of a list. As `set`. */
  setAt(list: RefList, index: number, value: Value): void {
    if (
      typeof value === 'number' &&
      this.state === undefined &&
      list.session === this.session &&
      index >>> 0 === index
    ) {
      const { handles } = list
      if (
        this.session.kernel.writeNumber(
          this.slot,
          handles[index * 2]!,
          handles[index * 2 + 1]!,
          value,
        ) === STATUS_OK
      )
        return
    }
    this.#setAtSlowly(list, index, value)
  }

  #setAtSlowly(list: RefList, index: number, value: Value): void {
    const { session } = this
    this.assertOpen()
    this.#assertOwn(list.session)
    const handle = this.#handleAt(list, index)
    try {
      this.#writing(handle, (cell) => writeStored(session.arena, this.slot, cell, value))
    } catch (error) {
      throw this.poison(error)
    }
    list.store(index, handle)
  }

  /**
   * Reads many number cells at once: `out[i]` becomes the number of `refs[i]`, NaN when it has no
   * value or another one. `out` must be at least as long as `refs`.
   */
  getMany(refs: readonly Ref<number>[] | RefList, out: Float64Array): void {
    if (out.length < refs.length) {
      const accepted = `an array of at least ${refs.length} numbers`
      throw this.poison(new InvalidOptionError({ option: 'out', given: out.length, accepted }))
    }
    for (let i = 0; i < refs.length; i++) {
      const value = refs instanceof RefList ? this.getAt(refs, i) : this.get(refs[i] as Ref<number>)
      out[i] = typeof value === 'number' ? value : Number.NaN
    }
  }

  /** @internal */
  assertOpen(): void {
    if (this.state === undefined) return
    const options = this.state === 'poisoned' ? { cause: this.failure } : undefined
    throw new TransactionEndedError({ end: this.state }, options)
  }

  /** @internal Ends the attempt with an error that its body must not swallow. */
  poison(error: unknown): unknown {
    if (this.state === undefined) {
      this.state = 'poisoned'
      this.failure = error
    }
    return error
  }

  #getByKey(key: Key): unknown {
    this.assertOpen()
    const handle = this.#findForRead(key)
    return handle === undefined ? undefined : this.#readFrom(handle)
  }

  #getWithCodec<T>(ref: Ref<T>): unknown {
    this.assertOpen()
    this.#assertOwn(ref.kind.session)
    const value = this.#readFrom(ref, ref)
    return value === undefined ? ref.initial : value
  }

  #readFrom<T>(handle: CellHandle, ref?: Ref<T>): unknown {
    const { kernel } = this.session
    const number = kernel.read(this.slot, handle.cell, handle.generation)
    if (!Number.isNaN(number) && ref?.codec === undefined) return number
    return this.#finishRead(handle, ref)
  }

  /** Turns the result of a read into a value; waits, looks the key up again or fails as it says. */
  #finishRead<T>(handle: CellHandle, ref?: Ref<T>): unknown {
    const tag = this.#settleRead(handle)
    if (tag === TAG_ABSENT) return ref?.initial
    const { session, slot } = this
    const codec = ref?.codec
    try {
      const value =
        codec?.kind === 'record'
          ? readRecord(session.arena, slot, codec as RecordCodec<T>)
          : readStored(session.arena, slot)
      if (tag >= TAG_BLOCK_FIRST && session.kernel.isLive(slot) === 0) {
        throw errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD)
      }
      if (codec === undefined || codec.kind === 'record') return value
      return codec.decode(value as Value)
    } catch (error) {
      // What was decoded may have been a block that others use by now.
      const revoked = session.kernel.isLive(slot) === 0
      throw this.poison(revoked ? errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD) : error)
    }
  }

  /** The tag of the read that was just made, made again as often as it takes. */
  #settleRead(handle: CellHandle): number {
    const { session, slot } = this
    const { kernel, u32 } = session.arena
    let startedMs = 0
    for (let waits = 0; ; waits++) {
      const tag = u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
      if (tag < STATUS_FAILURE_FIRST) return tag
      if (tag === STATUS_REF_EXPIRED) {
        session.resolve(handle)
      } else if (tag === STATUS_LOCKED) {
        if (startedMs === 0) startedMs = performance.now()
        if (performance.now() - startedMs > READ_WAIT_MS_MAX)
          throw this.poison(errorOf(session, slot, tag))
        backOff(session.arena, waits)
      } else {
        throw this.poison(errorOf(session, slot, tag))
      }
      kernel.read(slot, handle.cell, handle.generation)
    }
  }

  #readTag(target: Key | Ref<unknown>): number {
    const handle = target instanceof Ref ? target : this.#findForRead(target)
    if (handle === undefined) return TAG_ABSENT
    if (target instanceof Ref) this.#assertOwn(target.kind.session)
    const { kernel } = this.session
    kernel.read(this.slot, handle.cell, handle.generation)
    return this.#settleRead(handle)
  }

  /** The cell of a key; when there is none, its absence becomes part of what was read. */
  #findForRead(key: Key): CellHandle | undefined {
    const { session, slot } = this
    try {
      const known = session.findCell(key)
      if (known !== undefined) return known
      const cell = session.kernel.lookUpForRead(slot, session.encode(key))
      if (cell !== 0) return session.remember(key, cell)
    } catch (error) {
      throw this.poison(error)
    }
    const tag = session.arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
    if (tag === TAG_ABSENT) return undefined
    throw this.poison(errorOf(session, slot, tag))
  }

  #handleOf(target: Key | Ref<unknown>): CellHandle {
    if (target instanceof Ref) {
      this.#assertOwn(target.kind.session)
      return target
    }
    return this.session.openCell(target)
  }

  #write<T>(target: Key | Ref<T>, value: unknown): void {
    this.assertOpen()
    try {
      const { arena } = this.session
      const codec = target instanceof Ref ? target.codec : undefined
      const handle = this.#handleOf(target)
      if (codec?.kind === 'record') {
        this.#writing(handle, (cell) => writeRecord(arena, this.slot, cell, codec, value as T))
        return
      }
      const stored = codec === undefined ? value : codec.encode(value as T)
      this.#writing(handle, (cell) => writeStored(arena, this.slot, cell, stored as Value))
    } catch (error) {
      throw this.poison(error)
    }
  }

  /** Does a write, again after looking the key up or making room; throws what it ends with. */
  #writing(handle: CellHandle, write: (handle: CellHandle) => number): void {
    const { session, slot } = this
    let reclaimed = false
    for (;;) {
      const status = write(handle)
      if (status === STATUS_OK) return
      if (status === STATUS_REF_EXPIRED) {
        session.resolve(handle)
      } else if (status === STATUS_ARENA_FULL && !reclaimed) {
        reclaimed = true
        session.reclaim()
      } else {
        throw this.poison(errorOf(session, slot, status))
      }
    }
  }

  #handleAt(list: RefList, index: number): CellHandle {
    try {
      return list.handleAt(index)
    } catch (error) {
      throw this.poison(error)
    }
  }

  #assertOwn(session: Session): void {
    if (session === this.session) return
    const accepted = 'a ref that this store made, in this thread'
    const given = 'a ref of another store or thread'
    throw this.poison(new InvalidOptionError({ option: 'ref', given, accepted }))
  }
}

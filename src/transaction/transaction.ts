import type { RecordBatch, Table } from 'apache-arrow'
import { STATUS_OK, TAG_ADD } from '../../native-layout/status-codes.ts'
import type { BatchColumn } from '../arrow/batch-column.ts'
import type { Member } from '../arrow/value-set.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { type TransactionEnd, TransactionEndedError } from '../errors/transaction-errors.ts'
import type { Kernel } from '../memory/kernel.ts'
import type { Tabular } from '../values/arrow-codec.ts'
import type { RecordArrays, RecordView } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { KeyRange } from '../values/key-range.ts'
import type { DeepReadonly, Storable, Value } from '../values/value.ts'
import {
  hasValue,
  keepingBlock,
  modifyRecord,
  readElement,
  readTarget,
  remove,
  usingBlock,
  writeElement,
  writeTarget,
} from './access.ts'
import { endedArrays } from './ended-arrays.ts'
import { type SetOptions, writeWith } from './merging.ts'
import { type BatchHandle, handleOfBatch, type PinnedBatch, pinBatch } from './pinned-batch.ts'
import { Ref, type RefKind } from './ref.ts'
import { RefList } from './ref-list.ts'
import {
  type AppendOptions,
  appendRows,
  type DeleteRowsOptions,
  deleteRows,
  readMembers,
  type UpsertOptions,
  uniteMembers,
  upsertRows,
} from './row-changes.ts'
import { countRange, keysOfRange, scanRange, scanRangeInto } from './scanning.ts'
import type { Session } from './session.ts'
import { updateTarget } from './updating.ts'

/** What `plain` is once a transaction has ended: the kind of no ref. */
const NO_KIND = null

/** Whether something is a ref of this kind; quicker than `instanceof`, and as sure. */
function isOfKind(target: unknown, kind: RefKind<never> | null): target is Ref<never> {
  return (target as Partial<Ref> | null | undefined)?.kind === kind
}

function keyOf(target: Key | Ref<RecordBatch>): Key {
  return target instanceof Ref ? target.key : target
}

/**
 * One open transaction, as its body sees it. Every call is synchronous. An error thrown by any of
 * these calls ends the attempt: a body that catches it cannot go on, since later calls throw
 * KHONSU_TRANSACTION_POISONED and the commit refuses.
 *
 * Keys and refs can be mixed; a ref saves the look-up of its key. Reads see the transaction's own
 * writes. Values that come out are copies: changing them changes nothing in the store.
 */
export class Transaction {
  // The calls made most often hold the quick case only, and nothing is private: V8 puts them into
  // the caller's code while they are short, and private members cost a step in the constructor. For the
  // same reason it sets only what every transaction uses: three fields more cost 8 % of a transfer.

  /** @internal */
  readonly session: Session
  /** @internal */
  readonly kernel: Kernel
  /** @internal */
  readonly slot: number
  /** @internal Those of the arena while the transaction is open. */
  arrays: RecordArrays
  /** @internal The kind of plain refs of the session while the transaction is open, then null. */
  plain: RefKind<never> | null
  /** @internal How it ended; `undefined` while it is open. Set by `end`. */
  state: TransactionEnd | undefined
  /** @internal What poisoned it. Not there before, as the next two. */
  failure?: unknown
  /** @internal The id, once it was asked for. */
  number?: number
  /** @internal Another one that is to be cleared away, see `Session.left`. */
  next?: Transaction | undefined
  /**
   * @internal What the body returned, while it commits. Not in a variable: V8 keeps one that outlives the
   * commit in memory from its first value on, so that a loop which sums in the body runs four times slower.
   */
  result: unknown

  /** @internal */
  constructor(session: Session, slot: number) {
    this.session = session
    this.kernel = session.kernel
    this.slot = slot
    this.arrays = session.arena as RecordArrays
    this.plain = session.plainRefs
    this.state = undefined
    this.result = undefined
  }

  /** Number of this transaction, unique in its store; the first one asked for is 0. */
  get id(): number {
    this.number ??= this.kernel.nextTransactionId()
    return this.number
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
    if (isOfKind(target, this.plain)) {
      const number = this.kernel.read(this.slot, target.cell, target.generation)
      // NaN says that the result is not a number, or the number NaN: both are told by the tag.
      if (!Number.isNaN(number)) return number
    }
    return readTarget(this, target)
  }

  /** Whether a key has a value. The initial value of a ref does not count. */
  has(target: Key | Ref<unknown>): boolean {
    return hasValue(this, target)
  }

  /**
   * Writes a value. Others see it when the transaction has committed, together with all its writes.
   * With `merge` the write does not conflict: it is merged with what others have committed meanwhile, see
   * `Store.defineMerge`.
   *
   * @throws {ValueNotAcceptableError} with the path of what cannot be stored.
   * @throws {InvalidOptionError} naming the merges that there are, when this one is not defined.
   * @throws {ArenaFullError} when there is no room.
   */
  set(key: Key, value: Storable, options?: SetOptions): void
  set<T>(ref: Ref<T>, value: T | DeepReadonly<T>, options?: SetOptions): void
  set<T>(target: Key | Ref<T>, value: unknown, options?: SetOptions): void {
    if (typeof value === 'number' && options === undefined && isOfKind(target, this.plain)) {
      const { cell, generation } = target
      if (this.kernel.writeNumber(this.slot, cell, generation, value) === STATUS_OK) return
    }
    if (options === undefined) writeTarget(this, target, value)
    else writeWith(this, target, value, options)
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

  /**
   * Adds to a number or a 64-bit bigint without reading it: the sum is made when the transaction
   * commits, of the value that the key has then. So two transactions that add to a key never conflict
   * with each other, at no isolation level. A key without a value gets the amount. Several amounts of
   * one transaction are summed up first.
   *
   * A key that the transaction has read, or reads later on, is updated like any other: then it
   * conflicts. So does a ref with an initial value.
   *
   * @throws {UpdateRefusedError} when the key holds something else than the type of the amount, or the
   * sum of bigints has more than 64 bits: from the commit, if it is not known before.
   * @throws {ValueNotAcceptableError} for NaN, and for a bigint of more than 64 bits.
   * @example
   * const hits = store.ref<number>('hits')
   * store.transact((tx) => tx.add(hits, 1))
   */
  add(key: Key, amount: number | bigint): void
  add(ref: Ref<number>, amount: number): void
  add(ref: Ref<bigint>, amount: bigint): void
  add(target: Key | Ref<number> | Ref<bigint>, amount: number | bigint): void {
    if (typeof amount === 'number' && isOfKind(target, this.plain) && !Number.isNaN(amount)) {
      const { cell, generation } = target
      if (this.kernel.updateNumber(this.slot, cell, generation, TAG_ADD, amount) === STATUS_OK) {
        return
      }
    }
    updateTarget(this, 'add', target, amount)
  }

  /**
   * Raises a number or a bigint to at least this value, without reading it; as `add` otherwise. A key
   * without a value gets it. Of numbers the larger one is that of `Math.max`.
   */
  max(key: Key, value: number | bigint): void
  max(ref: Ref<number>, value: number): void
  max(ref: Ref<bigint>, value: bigint): void
  max(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    updateTarget(this, 'max', target, value)
  }

  /** Lowers a number or a bigint to at most this value; as `max` otherwise. */
  min(key: Key, value: number | bigint): void
  min(ref: Ref<number>, value: number): void
  min(ref: Ref<bigint>, value: bigint): void
  min(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    updateTarget(this, 'min', target, value)
  }

  /**
   * The record of a ref, to be changed in place: assigning to a property of the view writes that
   * field, and the commit publishes the record whole. Quicker than `get` and `set`, since no object
   * is read or made. The view is of use until the transaction ends; afterwards it throws. It shows
   * what is written through other views, too, but nothing after the key was set or deleted.
   *
   * @throws {ValueNotAcceptableError} when the cell holds something else than this record, or nothing
   * and the ref has no initial value; and when a field is given what its type does not take.
   * @example
   * const visits = store.ref('visits', record({ count: 'uint32', seconds: 'float64' }), none)
   * store.transact((tx) => {
   *   const view = tx.modify(visits)
   *   view.count += 1
   *   view.seconds += 12.5
   * })
   */
  modify<T>(ref: Ref<T>): RecordView<T> {
    const { codec } = ref.kind
    if (codec?.kind === 'record' && this.plain !== null && ref.kind.session === this.session) {
      const { byteLength, fingerprint } = codec
      const { cell, generation } = ref
      const payload = this.kernel.modify(this.slot, cell, generation, byteLength, fingerprint)
      if (payload !== 0) return codec.viewOf(this, payload >>> 0)
    }
    return modifyRecord(this, ref)
  }

  /** Removes a value; whether there was one. */
  delete(target: Key | Ref<unknown>): boolean {
    return remove(this, target)
  }

  /**
   * The value of one key of a list, or undefined when it has none. As `get`.
   *
   * @example
   * const accounts = store.refs(names)
   * const total = store.transact((tx) => Number(tx.getAt(accounts, 0)) + Number(tx.getAt(accounts, 1)))
   */
  getAt(list: RefList, index: number): Value | undefined {
    if (list.kind === this.plain && index >>> 0 === index) {
      const cell = list.cells[index] as number
      const number = this.kernel.read(this.slot, cell, list.generationAt(index))
      if (!Number.isNaN(number)) return number
    }
    return readElement(this, list, index)
  }

  /** Writes the value of one key of a list. As `set`. */
  setAt(list: RefList, index: number, value: Value): void {
    if (typeof value === 'number' && list.kind === this.plain && index >>> 0 === index) {
      const cell = list.cells[index] as number
      const generation = list.generationAt(index)
      if (this.kernel.writeNumber(this.slot, cell, generation, value) === STATUS_OK) return
    }
    writeElement(this, list, index, value)
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

  /**
   * The keys of a range that have a value, in order, with their values; own writes are in their place.
   * Each step shows what the transaction has written before it, as far as it lies ahead: keys that are
   * set or deleted while the iteration runs are met, or not, as they lie. Ending it early leaves
   * nothing behind. At `serializable` no key can come into the range, or leave it, unnoticed.
   *
   * A scan may be long: with `readOnly` it reads a closed snapshot and remembers nothing of it.
   *
   * @throws {InvalidOptionError} naming the bound that cannot be one.
   * @throws {ValueNotAcceptableError} when it meets a record: read those through their refs.
   * @throws {TransactionConflictError} as `get`.
   * @example
   * store.transact((tx) => {
   *   for (const [key, balance] of tx.scan({ prefix: 'account:' })) console.log(key, balance)
   * })
   */
  scan(range?: KeyRange): IterableIterator<[Key, Value]> {
    return scanRange(this, range)
  }

  /** The keys of a range that have a value, of whatever type, in order. Otherwise as `scan`. */
  keys(range?: KeyRange): IterableIterator<Key> {
    return keysOfRange(this, range)
  }

  /** How many keys of a range have a value. They count as read, as by `scan`. */
  count(range?: KeyRange): number {
    return countRange(this, range)
  }

  /**
   * Reads the numbers of a range into an array, in the order of their keys, and says how many there
   * are: as many as the array has room for. Values of other types become NaN. Much quicker than
   * `scan`. With `keys` that array gets the keys, and no more than them; then it is about as quick.
   *
   * @throws {InvalidOptionError} {@link TransactionConflictError} as `scan`
   * @example
   * const balances = new Float64Array(1000)
   * const count = store.transact((tx) => tx.scanInto({ prefix: 'account:' }, balances))
   */
  scanInto(range: KeyRange | undefined, values: Float64Array, keys?: Key[]): number {
    return scanRangeInto(this, range, values, keys)
  }

  /**
   * The batch of a key, kept beyond the end of this transaction; undefined when the key has no value.
   * Release it: see {@link PinnedBatch}.
   *
   * @throws {ValueNotAcceptableError} when the key holds something else, or this transaction has written it:
   * then commit, and pin it in the next one, or use `copy`.
   * @throws {PinLimitError} when there are too many pins. A retry helps after some were released.
   * @example
   * using flights = store.transact((tx) => tx.pin('flights'))
   * console.log(flights?.batch.numRows)
   */
  pin(target: Key | Ref<RecordBatch>): PinnedBatch | undefined {
    const { session } = this
    const pin = (block: number) => pinBatch(session, handleOfBatch(session, keyOf(target), block))
    return keepingBlock(this, target, pin, (pinned) => pinned?.release())
  }

  /** Names the batch of a key for other threads; undefined when the key has no value. Errors as `pin`. */
  handle(target: Key | Ref<RecordBatch>): BatchHandle | undefined {
    return keepingBlock(this, target, (block) => {
      return handleOfBatch(this.session, keyOf(target), block)
    })
  }

  /** The batch of a key in memory of this thread, to be kept for as long as one likes. Errors as `pin`. */
  copy(target: Key | Ref<RecordBatch>): RecordBatch | undefined {
    return usingBlock(this, target, (block) => this.session.batches.copy(block))
  }

  /**
   * Puts rows behind those of a batch; for a key without a value they are its batch. Nothing is read: any
   * number of transactions may add rows to one key at the same time, at every level, and none aborts for
   * the others. The rows of one commit stay together, in the order of the commits.
   *
   * @throws {ValueNotAcceptableError} naming the field, when the rows have another schema.
   * @throws {UpdateRefusedError} at the commit, when the key holds no batch by then. A retry does not help.
   * @throws {TransactionConflictError} when it holds a batch of another schema by then; a retry helps,
   * `transact` does it.
   * @throws {ArenaFullError}
   * @example
   * store.transact((tx) => tx.append('events', tableFromJSON([{ at: Date.now(), what: 'start' }])))
   */
  append(target: Key | Ref<RecordBatch>, rows: Tabular, options?: AppendOptions): void {
    appendRows(this, target, rows, options)
  }

  /**
   * Puts rows into a batch by key: a row takes the place of the one with the same key, or comes behind all
   * of them. Of rows with the same key the last one counts. Otherwise as `append`.
   *
   * @throws {ValueNotAcceptableError} also when a key column is missing, or a key is null.
   * @example
   * store.transact((tx) => tx.upsert('airports', changed, { on: 'iata' }))
   */
  upsert(target: Key | Ref<RecordBatch>, rows: Tabular, options?: UpsertOptions): void {
    upsertRows(this, target, rows, options)
  }

  /**
   * Puts members into a set; a key without a value becomes one. A set is a batch of one column, `value`.
   * Nothing is read, as with `append`.
   *
   * @throws {ValueNotAcceptableError} when a member is no string, number or bigint, or not of the type of
   * the others.
   * @example
   * store.transact((tx) => tx.union('seen', ['alice', 'bob']))
   */
  union(target: Key | Ref<RecordBatch>, members: Iterable<Member>): void {
    uniteMembers(this, target, members)
  }

  /**
   * The members of a set, undefined when the key has no value.
   * @throws {ValueNotAcceptableError} when it holds something else.
   */
  members(target: Key | Ref<RecordBatch>): Set<Member> | undefined {
    return readMembers(this, target)
  }

  /**
   * Takes rows out of a batch by key. Reads the batch, so that it conflicts with whoever changes it.
   *
   * @param keys values of the key column, or rows that have the key columns. Those that are not there do
   * not matter.
   * @throws {ValueNotAcceptableError} when the key holds no batch, or these are no keys of it: values of another
   * type (texts may be in a dictionary or not), null, or of a column that is none of a key.
   * @example
   * store.transact((tx) => tx.deleteRows('airports', ['TXL', 'SXF'], { on: 'iata' }))
   */
  deleteRows(
    target: Key | Ref<RecordBatch>,
    keys: Tabular | readonly unknown[],
    options?: DeleteRowsOptions,
  ): void {
    deleteRows(this, target, keys, options)
  }

  /**
   * The batch of a key as a table, undefined when the key has no value: rows that were appended are chunks
   * of it, in place. Valid until the transaction ends. Errors as `column`.
   */
  table(target: Key | Ref<RecordBatch>): Table | undefined {
    return usingBlock(this, target, (block) => this.session.batches.table(block, this.slot))
  }

  /**
   * One column of the batch of a key, as the array that its values lie in; undefined when the key has no
   * value. For columns of numbers, dates and times. A view of shared memory, valid until the
   * transaction ends.
   *
   * @throws {ValueNotAcceptableError} when the key holds no batch, or one without this column, or
   * its values do not lie in one array.
   * @example
   * const total = store.transact((tx) => {
   *   let sum = 0
   *   for (const delay of tx.column('flights', 'delay')?.values ?? []) sum += Number(delay)
   *   return sum
   * })
   */
  column(target: Key | Ref<RecordBatch>, name: string): BatchColumn | undefined {
    return usingBlock(this, target, (block) => {
      return this.session.batches.column(block, name, this.slot)
    })
  }

  /** @internal Whether it is one that cannot write. */
  get isReadOnly(): boolean {
    return false
  }

  /** @internal Nothing may be read or written from now on. */
  end(state: TransactionEnd): void {
    this.plain = NO_KIND
    this.arrays = endedArrays(state)
    this.state = state
  }

  /** @internal It goes on after `end`. */
  reopen(): void {
    this.plain = this.session.plainRefs
    this.arrays = this.session.arena as RecordArrays
    this.state = undefined
  }

  /** @internal @throws {TransactionEndedError} when it has ended. */
  assertOpen(): void {
    if (this.state === undefined) return
    const options = this.state === 'poisoned' ? { cause: this.failure } : undefined
    throw new TransactionEndedError({ end: this.state }, options)
  }

  /** @internal Ends the attempt with an error that its body must not swallow. */
  poison(error: unknown): unknown {
    if (this.state === undefined) {
      this.end('poisoned')
      this.failure = error
    }
    return error
  }
}

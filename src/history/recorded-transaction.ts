import { InvalidOptionError } from '../errors/store-errors.ts'
import { Ref } from '../transaction/ref.ts'
import type { RefList } from '../transaction/ref-list.ts'
import type { Transaction } from '../transaction/transaction.ts'
import type { RecordView } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { KeyRange } from '../values/key-range.ts'
import { type NumericUpdate, numericOperand, updated } from '../values/numeric-update.ts'
import type { DeepReadonly, Value } from '../values/value.ts'
import { type AttemptLog, nextId } from './attempt-log.ts'
import { UNRECORDED_VERSION } from './history-format.ts'
import type { Recorder } from './recorder.ts'
import { exchangeVersion } from './sealed-codec.ts'

/** The calls of a transaction that the recorder needs. */
export interface PlainAccess {
  get(target: Key | Ref<unknown>): unknown
  set(target: Key | Ref<unknown>, value: unknown): void
  delete(target: Key | Ref<unknown>): boolean
  scan(range?: KeyRange): Iterable<[Key, Value]>
}

/** Reads and writes on behalf of one attempt, and writes both down. */
export class RecordedAccess {
  readonly #recorder: Recorder
  readonly #plain: PlainAccess
  readonly #log: AttemptLog

  constructor(recorder: Recorder, plain: PlainAccess, log: AttemptLog) {
    this.#recorder = recorder
    this.#plain = plain
    this.#log = log
  }

  get(target: Key | Ref<unknown>): unknown {
    if (!(target instanceof Ref)) return this.opened(target, this.#plain.get(target))
    this.#assertRecorded(target)
    const { exchange } = this.#recorder
    exchange.read = null
    const value = this.#plain.get(target)
    this.#log.add('r', target.key, exchange.read)
    return value
  }

  /** The value of a key, from what the store holds for it. */
  opened(key: Key, stored: unknown): unknown {
    const found =
      stored === undefined ? undefined : this.#recorder.envelope.open(stored as Value, key)
    this.#log.add('r', key, found?.version ?? null)
    return found?.value
  }

  /** Each key that is met is a read; that others are missing is not written down. */
  *scan(range: KeyRange | undefined): Generator<[Key, Value], undefined> {
    for (const [key, stored] of this.#plain.scan(range)) {
      yield [key, this.opened(key, stored) as Value]
    }
    return undefined
  }

  set(target: Key | Ref<unknown>, value: unknown): void {
    const version = nextId()
    if (target instanceof Ref) {
      this.#assertRecorded(target)
      this.#recorder.exchange.write = version
      this.#plain.set(target, value)
      this.#log.add('w', target.key, version)
      return
    }
    this.#plain.set(target, this.#recorder.envelope.seal(version, value as Value, target))
    this.#log.add('w', target, version)
  }

  /** Reads and writes: what an update that commutes has made would carry nobody's version. */
  compute(call: NumericUpdate, target: Key | Ref<unknown>, given: number | bigint): void {
    const operand = numericOperand(call, given)
    const key = target instanceof Ref ? target.key : target
    this.set(target, updated(call, key, this.get(target), operand))
  }

  delete(target: Key | Ref<unknown>): boolean {
    const key = target instanceof Ref ? target.key : target
    if (!this.has(target)) return false
    // At read-committed somebody else may delete it in between.
    const found = this.#plain.delete(target)
    if (found) this.#log.add('d', key, nextId())
    else this.#log.add('r', key, null)
    return found
  }

  getList(key: Key): readonly number[] {
    const stored = this.#plain.get(key)
    const isList = Array.isArray(stored) && stored.every(Number.isSafeInteger)
    if (stored !== undefined && !isList) {
      const accepted = 'a key that nothing but append() has written'
      throw new InvalidOptionError({ option: 'key', given: key, accepted })
    }
    const elements = (stored ?? []) as readonly number[]
    this.#log.addList(key, elements)
    return elements
  }

  append(key: Key): number {
    const elements = this.getList(key)
    const element = nextId()
    this.#plain.set(key, [...elements, element])
    this.#log.add('a', key, element)
    return element
  }

  has(target: Key | Ref<unknown>): boolean {
    this.get(target)
    return this.#log.operations.at(-1)?.[2] !== null
  }

  /** Reads and writes a record in place; `modify` makes the view. */
  modify<V extends object>(ref: Ref<unknown>, modify: () => V): V {
    this.#assertRecorded(ref)
    // An initial value is written with this version: so it is told from one that was there.
    this.#recorder.exchange.write = UNRECORDED_VERSION
    const view = modify()
    const version = nextId()
    const old = exchangeVersion(view, version)
    this.#log.add('r', ref.key, old === UNRECORDED_VERSION ? null : old)
    this.#log.add('w', ref.key, version)
    return view
  }

  #assertRecorded(ref: Ref<unknown>): void {
    const { codec } = ref
    if (codec !== undefined && this.#recorder.codecs.has(codec)) return
    const accepted = 'a ref that the recorder made, by its ref()'
    throw new InvalidOptionError({ option: 'ref', given: 'another ref', accepted })
  }
}

/** A transaction as a body sees it, with every read and write written down. */
export class RecordedTransaction {
  readonly #tx: Transaction
  readonly #access: RecordedAccess

  /** @internal */
  constructor(tx: Transaction, access: RecordedAccess) {
    this.#tx = tx
    this.#access = access
  }

  /** As `Transaction.id`. */
  get id(): number {
    return this.#tx.id
  }

  /** As `Transaction.get`. */
  get(key: Key): Value | undefined
  get<T>(ref: Ref<T>): DeepReadonly<T> | undefined
  get(target: Key | Ref<unknown>): unknown {
    return this.#access.get(target)
  }

  /**
   * As `Transaction.scan`. Each key that is met counts as read; that other keys are missing is not
   * written down, so that a phantom is no anomaly of the history. Keys of `append`, and of refs, must
   * not lie in the range.
   */
  scan(range?: KeyRange): IterableIterator<[Key, Value]> {
    return this.#access.scan(range)
  }

  /** As `Transaction.count`; the keys are read as by `scan`. */
  count(range?: KeyRange): number {
    return [...this.#access.scan(range)].length
  }

  /** As `Transaction.has`. */
  has(target: Key | Ref<unknown>): boolean {
    return this.#access.has(target)
  }

  /** As `Transaction.set`. */
  set(key: Key, value: Value): void
  set<T>(ref: Ref<T>, value: T | DeepReadonly<T>): void
  set(target: Key | Ref<unknown>, value: unknown): void {
    this.#access.set(target, value)
  }

  /** As `Transaction.update`. */
  update(key: Key, change: (old: Value | undefined) => Value): Value
  update<T>(
    ref: Ref<T>,
    change: (old: DeepReadonly<T> | undefined) => T | DeepReadonly<T>,
  ): DeepReadonly<T>
  update(target: Key | Ref<unknown>, change: (old: never) => unknown): unknown {
    const value = change(this.#access.get(target) as never)
    this.#access.set(target, value)
    return value
  }

  /** As `Transaction.add`, but that it reads and writes: it conflicts like `update`. */
  add(key: Key, amount: number | bigint): void
  add(ref: Ref<number>, amount: number): void
  add(ref: Ref<bigint>, amount: bigint): void
  add(target: Key | Ref<number> | Ref<bigint>, amount: number | bigint): void {
    this.#compute('add', target, amount)
  }

  /** As `Transaction.max`, but that it reads and writes. */
  max(key: Key, value: number | bigint): void
  max(ref: Ref<number>, value: number): void
  max(ref: Ref<bigint>, value: bigint): void
  max(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    this.#compute('max', target, value)
  }

  /** As `Transaction.min`, but that it reads and writes. */
  min(key: Key, value: number | bigint): void
  min(ref: Ref<number>, value: number): void
  min(ref: Ref<bigint>, value: bigint): void
  min(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    this.#compute('min', target, value)
  }

  #compute(
    call: NumericUpdate,
    target: Key | Ref<number> | Ref<bigint>,
    operand: number | bigint,
  ): void {
    try {
      this.#access.compute(call, target as Key, operand)
    } catch (error) {
      throw this.#tx.poison(error)
    }
  }

  /** As `Transaction.modify`; the record is read and written at once. */
  modify<T>(ref: Ref<T>): RecordView<T> {
    return this.#access.modify(
      ref as Ref<unknown>,
      () => this.#tx.modify(ref) as object,
    ) as RecordView<T>
  }

  /** As `Transaction.delete`; a deletion that finds a value has read it. */
  delete(target: Key | Ref<unknown>): boolean {
    return this.#access.delete(target)
  }

  /**
   * Reads a list of recorded appends, the oldest first; empty when there are none. It is written down
   * whole, so that the check learns the order of the appends from the lists that were read.
   *
   * @throws {InvalidOptionError} when the key holds something else.
   */
  getList(key: Key): readonly number[] {
    return this.#access.getList(key)
  }

  /**
   * Reads a list, and writes it with one element more, which is unique in the run. Nothing but
   * `append` and `getList` may be used on its key.
   *
   * @returns the element.
   * @throws {InvalidOptionError} when the key holds something else.
   */
  append(key: Key): number {
    return this.#access.append(key)
  }

  /** As `Transaction.getAt`. */
  getAt(list: RefList, index: number): Value | undefined {
    const stored = this.#tx.getAt(list, index)
    return this.#access.opened(list.keys[index] as Key, stored) as Value | undefined
  }

  /** As `Transaction.setAt`. */
  setAt(list: RefList, index: number, value: Value): void {
    // An index that is outside is refused by the read.
    if (list.keys[index] === undefined) this.#tx.getAt(list, index)
    this.#access.set(list.keys[index] as Key, value)
  }
}

import type { CommitResult } from '../transaction/commit-result.ts'
import type { ExplicitTransaction } from '../transaction/explicit-transaction.ts'
import type { Ref } from '../transaction/ref.ts'
import type { Key } from '../values/key.ts'
import type { KeyRange } from '../values/key-range.ts'
import type { NumericUpdate } from '../values/numeric-update.ts'
import type { DeepReadonly, Value } from '../values/value.ts'
import type { AttemptLog } from './attempt-log.ts'
import { type PlainAccess, RecordedAccess } from './recorded-transaction.ts'
import type { Recorder } from './recorder.ts'

/** An explicit transaction with every read and write written down. */
export class RecordedExplicitTransaction implements Disposable {
  readonly #recorder: Recorder
  readonly #plain: ExplicitTransaction
  readonly #log: AttemptLog
  readonly #access: RecordedAccess
  readonly #whenEnded: () => void
  #readNs: number
  #ended = false

  /** @internal */
  constructor(
    recorder: Recorder,
    plain: ExplicitTransaction,
    log: AttemptLog,
    whenEnded: () => void,
  ) {
    this.#recorder = recorder
    this.#plain = plain
    this.#log = log
    this.#access = new RecordedAccess(recorder, accessOf(plain), log)
    this.#whenEnded = whenEnded
    this.#readNs = recorder.now()
  }

  /** As `ExplicitTransaction.id`. */
  get id(): number {
    return this.#plain.id
  }

  /** As `ExplicitTransaction.isOpen`. */
  get isOpen(): boolean {
    return this.#plain.isOpen
  }

  /** As `ExplicitTransaction.read`. */
  read(key: Key): Value | undefined
  read<T>(ref: Ref<T>): DeepReadonly<T> | undefined
  read(target: Key | Ref<unknown>): unknown {
    const value = this.#access.get(target)
    this.#readNs = this.#recorder.now()
    return value
  }

  /** As `ExplicitTransaction.write`. */
  write(key: Key, value: Value): void
  write<T>(ref: Ref<T>, value: T | DeepReadonly<T>): void
  write(target: Key | Ref<unknown>, value: unknown): void {
    this.#access.set(target, value)
  }

  /** As `RecordedTransaction.add`: it reads and writes. */
  add(key: Key, amount: number | bigint): void
  add(ref: Ref<number>, amount: number): void
  add(ref: Ref<bigint>, amount: bigint): void
  add(target: Key | Ref<number> | Ref<bigint>, amount: number | bigint): void {
    this.#compute('add', target, amount)
  }

  /** As `RecordedTransaction.max`: it reads and writes. */
  max(key: Key, value: number | bigint): void
  max(ref: Ref<number>, value: number): void
  max(ref: Ref<bigint>, value: bigint): void
  max(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    this.#compute('max', target, value)
  }

  /** As `RecordedTransaction.min`: it reads and writes. */
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
    this.#access.compute(call, target as Key, operand)
    this.#readNs = this.#recorder.now()
  }

  /** As `RecordedTransaction.scan`, all at once. */
  scan(range?: KeyRange): IterableIterator<[Key, Value]> {
    const entries = [...this.#access.scan(range)]
    this.#readNs = this.#recorder.now()
    return entries.values()
  }

  /** As `RecordedTransaction.getList`. */
  readList(key: Key): readonly number[] {
    const elements = this.#access.getList(key)
    this.#readNs = this.#recorder.now()
    return elements
  }

  /** As `RecordedTransaction.append`. */
  append(key: Key): number {
    const element = this.#access.append(key)
    this.#readNs = this.#recorder.now()
    return element
  }

  /** As `ExplicitTransaction.delete`; a deletion that finds a value has read it. */
  delete(target: Key | Ref<unknown>): boolean {
    const found = this.#access.delete(target)
    this.#readNs = this.#recorder.now()
    return found
  }

  /** As `ExplicitTransaction.commit`. */
  commit(): CommitResult {
    try {
      const result = this.#plain.commit()
      if (this.#end()) {
        const endedNs = this.#recorder.now()
        const { timestamp, ignored } = result
        this.#recorder.sink.append(this.#log.committed(endedNs, timestamp, ignored))
      }
      return result
    } finally {
      this.#endAborted()
    }
  }

  /** As `ExplicitTransaction.rollback`. */
  rollback(): void {
    this.#plain.rollback()
    this.#endAborted()
  }

  /** Rolls back unless it was committed. */
  [Symbol.dispose](): void {
    this.rollback()
  }

  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#whenEnded()
    return true
  }

  #endAborted(): void {
    if (this.#end()) this.#recorder.sink.append(this.#log.aborted(this.#readNs))
  }
}

function accessOf(plain: ExplicitTransaction): PlainAccess {
  return {
    get: (target) => plain.read(target as Ref<unknown>),
    set: (target, value) => plain.write(target as Ref<unknown>, value),
    delete: (target) => plain.delete(target),
    scan: (range) => plain.scan(range),
  }
}

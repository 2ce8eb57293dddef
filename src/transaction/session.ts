import { CLOSED_OFFSET, SLOT_COUNT_MAX } from '../../native-layout/arena-header-descriptor.ts'
import { ArenaFullError, SlotLimitError } from '../errors/arena-errors.ts'
import { StoreClosedError } from '../errors/store-errors.ts'
import type { Arena } from '../memory/arena.ts'
import type { Kernel } from '../memory/kernel.ts'
import type { Codec } from '../values/codec.ts'
import { KEY_LENGTH_MAX, type Key } from '../values/key.ts'
import { decodeKey, encodeKey } from '../values/key-encoding.ts'
import type { Value } from '../values/value.ts'
import { CellCache } from './cell-cache.ts'
import { settle, settleOrphans } from './interruption.ts'
import { NameTable } from './name-table.ts'
import { sweepArena } from './reclamation.ts'
import { Ref, type RefKind } from './ref.ts'
import type { Transaction } from './transaction.ts'

/** A cell as a handle to it remembers it. */
export interface CellHandle {
  readonly key: Key
  cell: number
  generation: number
}

/**
 * What one thread keeps for its transactions on one store: the arena, free slots, the cells of keys
 * that it met lately.
 */
export class Session {
  readonly arena: Arena
  readonly kernel: Kernel
  readonly defaultMode: number
  readonly development: boolean
  readonly snapshotAgeMsMax: number
  readonly timeoutMs: number
  readonly names: NameTable
  /** The kind of refs that have neither codec nor initial value. */
  readonly plainRefs: RefKind<never>
  /** The innermost transaction that `transact` runs in this thread. */
  innermost: Transaction | null = null
  /** Whether a transaction is being committed; seen by other calls only if that was interrupted. */
  isCommitting = false
  /** That transaction, if it is not the innermost one: a reference to a new object has its price. */
  #committing: Transaction | undefined
  readonly #cells = new CellCache()
  /** Slots in the default mode. */
  readonly #freeSlots: number[] = []
  #openSlots = 0
  #turnIsWatched = false
  #closed = false

  constructor(arena: Arena, settings: SessionSettings) {
    this.arena = arena
    this.kernel = arena.kernel
    this.defaultMode = settings.mode
    this.development = settings.development
    this.snapshotAgeMsMax = settings.snapshotAgeMsMax
    this.timeoutMs = settings.timeoutMs
    this.names = new NameTable(arena)
    this.plainRefs = { session: this, codec: undefined, initial: undefined }
  }

  /** Whether transactions may begin. */
  get isOpen(): boolean {
    return !this.#closed && this.arena.i32[CLOSED_OFFSET >>> 2] === 0
  }

  /** @throws {StoreClosedError} when the store was closed here or where it was opened. */
  assertOpen(): void {
    if (!this.isOpen) throw new StoreClosedError()
  }

  /**
   * A slot in the default mode.
   * @throws {StoreClosedError} {@link SlotLimitError} {@link ArenaFullError}
   */
  acquireSlot(): number {
    if (this.isCommitting || this.innermost?.left) this.clearAway()
    if (!this.isOpen) throw new StoreClosedError()
    this.#openSlots++
    return this.#freeSlots.pop() ?? this.#makeSlot()
  }

  /** Takes back a slot whose transaction has ended and that is in the default mode. */
  releaseSlot(slot: number): void {
    this.#openSlots--
    this.#freeSlots.push(slot)
    if (this.#closed) this.#detach()
  }

  /** Notes that `transact` runs a transaction. */
  enter(tx: Transaction): void {
    tx.outer = this.innermost
    this.innermost = tx
    if (!this.#turnIsWatched) this.#watchTurn()
  }

  /** Takes back the slot of a transaction that `transact` ran, and that has ended. */
  leave(tx: Transaction): void {
    // Those within it have been thrown out of without a trace.
    while (this.innermost !== tx && this.innermost !== null) settle(this.innermost)
    this.innermost = tx.outer ?? null
    this.releaseSlot(tx.slot)
  }

  /** Notes that a transaction is being committed. */
  startCommit(tx: Transaction): void {
    if (this.isCommitting) this.clearAway()
    if (tx.outer === undefined) this.#committing = tx
    this.isCommitting = true
  }

  /** Notes that the commit has ended. */
  endCommit(tx: Transaction): void {
    this.isCommitting = false
    if (tx.outer === undefined) this.#committing = undefined
  }

  /** Settles what was left when the stack was too full to settle it. */
  clearAway(): void {
    const committing = this.#committing ?? this.innermost
    if (this.isCommitting && committing !== null) settle(committing)
    while (this.innermost?.left) settle(this.innermost)
  }

  /** When this turn of the event loop has ended, nothing is on the stack. */
  #watchTurn(): void {
    this.#turnIsWatched = true
    setImmediate(() => {
      this.#turnIsWatched = false
      settleOrphans(this)
    })
  }

  #makeSlot(): number {
    const { kernel } = this.arena
    const slot = kernel.acquireSlot() >>> 0
    if (slot !== 0) {
      kernel.begin(slot, this.defaultMode)
      return slot
    }
    this.#openSlots--
    if (kernel.slotCount() < SLOT_COUNT_MAX - 1) throw this.arenaFull()
    throw new SlotLimitError({ limit: this.#openSlots })
  }

  /** The cell of a key that exists or existed, or undefined. */
  findCell(key: Key): CellHandle | undefined {
    const known = this.#cells.get(key)
    if (known !== undefined) return known
    const { arena } = this
    const cell = arena.kernel.lookUp(this.encode(key))
    return cell === 0 ? undefined : this.remember(key, cell)
  }

  /** Writes the encoded key into the scratch area; its length. */
  encode(key: Key): number {
    return encodeKey(key, this.arena.bytes, this.arena.scratch)
  }

  /** Keeps what was looked up for the next look-up of an equal key. */
  remember(key: Key, cell: number): CellHandle {
    const handle = { key, cell, generation: this.arena.kernel.cellGeneration(cell) }
    this.#cells.set(key, handle)
    return handle
  }

  /**
   * The cell of a key, made when there is none.
   * @throws {KeyNotAcceptableError} {@link ArenaFullError}
   */
  openCell(key: Key): CellHandle {
    return this.findCell(key) ?? this.remember(key, this.#insertCell(key))
  }

  /** A new handle of a key, which is not remembered. */
  lookUp(key: Key): CellHandle {
    const handle = { key, cell: 0, generation: 0 }
    this.resolve(handle)
    return handle
  }

  /** Looks the key of a handle up again: its cell was given to another key. */
  resolve(handle: CellHandle): void {
    const { kernel } = this.arena
    const known = kernel.lookUp(this.encode(handle.key))
    handle.cell = known === 0 ? this.#insertCell(handle.key) : known
    handle.generation = kernel.cellGeneration(handle.cell)
  }

  /** A ref of this thread. */
  ref<T = Value>(key: Key, codec: Codec<T> | undefined, initial: T | undefined): Ref<T> {
    this.assertOpen()
    if (codec === undefined && initial === undefined) return new Ref(this.plainRefs, key)
    return new Ref({ session: this, codec, initial }, key)
  }

  /** The key of a cell. */
  keyOf(cell: number): Key {
    const { arena } = this
    const payload = arena.kernel.keyOf(cell) >>> 0
    return decodeKey(arena.bytes, payload, arena.kernel.blockLength(payload))
  }

  /** The error for an allocation that failed. */
  arenaFull(requestedLengthBytes: number = KEY_LENGTH_MAX): ArenaFullError {
    return new ArenaFullError({ requestedLengthBytes, arenaLengthBytes: this.arena.lengthBytes })
  }

  /** Gives back what no snapshot needs; whether there was anything. */
  reclaim(): boolean {
    const slot = this.acquireSlot()
    const freed = sweepArena(this.arena, slot)
    this.releaseSlot(slot)
    return freed > 0
  }

  /** Ends this thread's use of the store; transactions that are open may still end. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.names.close()
    this.#detach()
  }

  /** Leaves the thread record once no transaction is open. */
  #detach(): void {
    for (const slot of this.#freeSlots.splice(0)) this.kernel.releaseSlot(slot)
    if (this.#openSlots === 0) this.kernel.detachThread()
  }

  #insertCell(key: Key): number {
    const length = this.encode(key)
    const cell = this.arena.kernel.lookUpOrInsert(length)
    if (cell !== 0) return cell
    if (this.reclaim()) {
      const again = this.arena.kernel.lookUpOrInsert(this.encode(key))
      if (again !== 0) return again
    }
    throw this.arenaFull(length)
  }
}

/** What a session takes over from the options of the store. */
export interface SessionSettings {
  /** The kernel's mode word of transactions that say nothing else. */
  readonly mode: number
  readonly development: boolean
  readonly snapshotAgeMsMax: number
  readonly timeoutMs: number
}

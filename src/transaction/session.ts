import { CLOSED_OFFSET, SLOT_COUNT_MAX } from '../../native-layout/arena-header-descriptor.ts'
import { SLOT_ID_OFFSET } from '../../native-layout/slot-descriptor.ts'
import { ArenaFullError, SlotLimitError } from '../errors/arena-errors.ts'
import { StoreClosedError } from '../errors/store-errors.ts'
import type { Arena } from '../memory/arena.ts'
import type { Kernel } from '../memory/kernel.ts'
import { Batches } from '../values/batches.ts'
import type { Codec } from '../values/codec.ts'
import { KEY_LENGTH_MAX, type Key } from '../values/key.ts'
import { decodeKey, encodeKey } from '../values/key-encoding.ts'
import type { ValueMemory } from '../values/stored-value.ts'
import type { Value } from '../values/value.ts'
import { CellCache } from './cell-cache.ts'
import type { SerializableMode } from './isolation.ts'
import { MergeTable } from './merge-table.ts'
import { NameSet } from './name-set.ts'
import { NameTable } from './name-table.ts'
import { sweepArena } from './reclamation.ts'
import { Ref, type RefKind } from './ref.ts'
import type { Transaction } from './transaction.ts'
import { endTurn } from './turns.ts'

/** Slots of bodies that were thrown out of that are not used again until others follow. */
const QUARANTINE_COUNT_MAX = 64

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
export class Session implements ValueMemory {
  readonly arena: Arena
  readonly batches: Batches
  readonly kernel: Kernel
  readonly defaultMode: number
  readonly development: boolean
  readonly poisons: boolean
  /** Whether transactions take the way on which mistakes of their bodies are looked for. */
  readonly isCareful: boolean
  readonly snapshotAgeMsMax: number
  readonly timeoutMs: number
  readonly serializable: SerializableMode
  readonly names: NameTable
  readonly merges: MergeTable = new MergeTable()
  /** Names of transactions that had to be run again for a read that was no longer current. */
  readonly staleNames: NameSet = new NameSet()
  /** The kind of refs that have neither codec nor initial value. */
  readonly plainRefs: RefKind<never>
  /** Whether the next transaction has more to do before it begins. */
  attention = true
  /** The priority ticket of a transaction of this thread that has its turn, or had. */
  turn: number | undefined
  /**
   * Transactions that were left by an error and not yet given back, each with the `next` one. Linked
   * without a call where that happens: there may be no stack for it.
   */
  left: Transaction | undefined
  /** Transactions whose commits are merging; none of them when the turn of the event loop has ended. */
  readonly merging: Set<Transaction> = new Set()
  /** By slot: the key columns of transactions that name their own. */
  readonly #appendColumns = new Map<number, readonly string[]>()
  readonly #defaultAppendColumns: readonly string[]
  /** By cell: how many batches had been added when this thread last merged some of them. */
  readonly mergedDepths: Map<number, number> = new Map()
  readonly #cells = new CellCache()
  /** All slots of this thread; those that are not named below are in the hands of `transact`. */
  readonly #slots = new Set<number>()
  /** Slots in the default mode. */
  readonly #freeSlots: number[] = []
  /** Slots of who keeps them for longer than a turn of the event loop. */
  readonly #keptSlots = new Set<number>()
  /** Slots of transactions that nobody has closed, and that somebody might still hold. */
  readonly #quarantine: number[] = []
  #turnIsWatched = false
  #closed = false

  constructor(arena: Arena, settings: SessionSettings) {
    this.arena = arena
    this.kernel = arena.kernel
    this.defaultMode = settings.mode
    this.batches = new Batches(arena, settings.poisons)
    this.development = settings.development
    this.poisons = settings.poisons
    this.isCareful = settings.development || settings.poisons
    this.snapshotAgeMsMax = settings.snapshotAgeMsMax
    this.timeoutMs = settings.timeoutMs
    this.serializable = settings.serializable
    this.names = new NameTable(arena)
    this.#defaultAppendColumns = settings.appendOn
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
   * A slot in the default mode, for a transaction that ends in this turn of the event loop.
   * @throws {StoreClosedError} {@link SlotLimitError} {@link ArenaFullError}
   */
  enter(): number {
    if (this.attention) this.#attend()
    // Not by isOpen, which V8 then does not put in here.
    if (this.#closed || this.arena.i32[CLOSED_OFFSET >>> 2] !== 0) throw new StoreClosedError()
    return this.#freeSlots.pop() ?? this.#makeSlot()
  }

  /** Takes back the slot of a transaction that has ended, in the default mode. */
  leave(slot: number): void {
    this.#freeSlots.push(slot)
    if (this.#closed) this.#detach()
  }

  /** A slot as by `enter`, for who keeps it. Errors as there. */
  acquireSlot(): number {
    const slot = this.enter()
    this.#keptSlots.add(slot)
    return slot
  }

  /** Has a slot that was kept be one of a transaction that ends in this turn of the event loop. */
  stopKeeping(slot: number): void {
    this.attention = true
    this.#attend()
    this.#keptSlots.delete(slot)
  }

  /** Takes a slot back from who kept it, in the default mode. */
  releaseSlot(slot: number): void {
    this.#keptSlots.delete(slot)
    this.leave(slot)
  }

  appendColumnsOf(slot: number): readonly string[] {
    return this.#appendColumns.get(slot) ?? this.#defaultAppendColumns
  }

  /** Has the transaction in a slot have key columns of its own, or no longer. */
  nameAppendColumns(slot: number, names: readonly string[] | undefined): void {
    if (names === undefined) this.#appendColumns.delete(slot)
    else this.#appendColumns.set(slot, names)
  }

  /** Finishes or undoes what is left in a slot, which is then as it was acquired; whether it committed. */
  recoverSlot(slot: number): boolean {
    const committed = this.kernel.recoverSlot(slot) !== 0
    this.kernel.begin(slot, this.defaultMode)
    return committed
  }

  /** Ends a transaction whose slot was recovered and that has not committed. */
  discard(tx: Transaction): void {
    tx.end('aborted')
    this.batches.endLoans(tx.slot)
    this.nameAppendColumns(tx.slot, undefined)
    this.releaseSlot(tx.slot)
  }

  /** Settles the commits that this thread was thrown out of while they merged. */
  #settleMerging(): void {
    for (const tx of this.merging) {
      this.merging.delete(tx)
      this.recoverSlot(tx.slot)
      this.discard(tx)
    }
  }

  /** Takes a transaction out of the list of those that were left. */
  unlink(tx: Transaction): void {
    if (this.left === tx) this.left = tx.next
  }

  #attend(): void {
    if (!this.#turnIsWatched) this.#watchTurn()
    this.settleLeft()
    this.attention = false
  }

  /** Settles what was left when the stack was too full to settle it. */
  settleLeft(): void {
    while (this.left !== undefined) {
      const tx = this.left
      const committed = this.recoverSlot(tx.slot)
      this.left = tx.next
      if (tx.state === undefined || tx.state === 'poisoned') {
        tx.end(committed ? 'committed' : 'aborted')
      }
      this.batches.endLoans(tx.slot)
      this.releaseSlot(tx.slot)
    }
  }

  /**
   * Settles a commit of this thread that holds a lock while it waits for one: it was interrupted, since
   * nothing else runs here while a commit does.
   */
  settleOwnLock(slotId: number): void {
    for (const slot of this.#slots) {
      if (this.arena.u32[(slot + SLOT_ID_OFFSET) >>> 2] === slotId) this.recoverSlot(slot)
    }
  }

  /** Ends the turn that a transaction of this thread has. */
  endOwnTurn(): void {
    if (this.turn !== undefined) endTurn(this.arena, this.turn)
    this.turn = undefined
  }

  /** When this turn of the event loop has ended, no body is on the stack. */
  #watchTurn(): void {
    setImmediate(() => {
      this.#turnIsWatched = false
      this.attention = true
      this.endOwnTurn()
      this.settleLeft()
      this.#settleMerging()
      this.#settleOrphans()
    })
    // Only now: thrown out before, the thread would never watch a turn again.
    this.#turnIsWatched = true
  }

  /** Settles the transactions of all bodies that are still open. */
  #settleOrphans(): void {
    const idle = this.#freeSlots.length + this.#keptSlots.size + this.#quarantine.length
    if (idle === this.#slots.size) return
    const known = new Set([...this.#freeSlots, ...this.#keptSlots, ...this.#quarantine])
    for (const slot of this.#slots) {
      if (known.has(slot)) continue
      this.recoverSlot(slot)
      this.#quarantine.push(slot)
    }
    while (this.#quarantine.length > QUARANTINE_COUNT_MAX) {
      this.leave(this.#quarantine.shift() as number)
    }
    if (this.#closed) this.#detach()
  }

  #makeSlot(): number {
    const { kernel } = this.arena
    const slot = kernel.acquireSlot() >>> 0
    if (slot !== 0) {
      this.#slots.add(slot)
      kernel.begin(slot, this.defaultMode)
      return slot
    }
    if (kernel.slotCount() < SLOT_COUNT_MAX - 1) throw this.arenaFull()
    throw new SlotLimitError({ limit: this.#slots.size })
  }

  /** The cell that a key had when this thread met it lately, or undefined. */
  recall(key: Key): CellHandle | undefined {
    return this.#cells.get(key)
  }

  /** Writes the encoded key into the scratch area; its length. */
  encode(key: Key): number {
    return encodeKey(key, this.arena.bytes, this.arena.scratch)
  }

  /** Keeps the cell that was just looked up for the next look-up of an equal key. */
  remember(key: Key, cell: number): CellHandle {
    const handle = { key, cell, generation: this.kernel.foundGeneration() }
    this.#cells.set(key, handle)
    return handle
  }

  /**
   * The cell of a key, made when there is none.
   * @throws {KeyNotAcceptableError} {@link ArenaFullError}
   */
  openCell(key: Key): CellHandle {
    return this.recall(key) ?? this.remember(key, this.#findOrInsertCell(key))
  }

  /** A new handle of a key, which is not remembered. It has expired while the key has no cell. */
  lookUp(key: Key): CellHandle {
    const cell = this.kernel.lookUp(this.encode(key))
    return { key, cell, generation: cell === 0 ? 0 : this.kernel.foundGeneration() }
  }

  /** Has a handle refer to the cell that was just looked up. */
  renew(handle: CellHandle, cell: number): void {
    handle.cell = cell
    handle.generation = cell === 0 ? 0 : this.kernel.foundGeneration()
  }

  /** Has a handle that has expired refer to the cell of its key again, which is made if need be. */
  resolve(handle: CellHandle): void {
    this.renew(handle, this.#findOrInsertCell(handle.key))
  }

  /** A ref of this thread. */
  ref<T = Value>(key: Key, codec: Codec<T> | undefined, initial: T | undefined): Ref<T> {
    this.assertOpen()
    if (codec === undefined && initial === undefined) return new Ref(this.plainRefs, key)
    return new Ref({ session: this, codec, initial }, key)
  }

  /** The key of a cell, or undefined: the cell was taken from its key since it was met. */
  keyOf(cell: number): Key | undefined {
    const { arena, kernel } = this
    const payload = kernel.keyOf(cell) >>> 0
    if (payload === 0) return undefined
    try {
      const key = decodeKey(arena.bytes, payload, kernel.blockLength(payload))
      return kernel.keyOf(cell) >>> 0 === payload ? key : undefined
    } catch {
      // The block of the key was used again while it was decoded.
      return undefined
    }
  }

  /** The error for an allocation that failed. */
  arenaFull(
    requestedLengthBytes: number = this.batches.writer.refusedLengthBytes || KEY_LENGTH_MAX,
  ): ArenaFullError {
    return new ArenaFullError({ requestedLengthBytes, arenaLengthBytes: this.arena.lengthBytes })
  }

  /** Gives back what no snapshot needs; whether there was anything. */
  reclaim(): boolean {
    const slot = this.enter()
    try {
      return sweepArena(this.arena, slot) > 0
    } catch (error) {
      // Thrown out of the kernel, with a cell locked perhaps.
      this.recoverSlot(slot)
      throw error
    } finally {
      this.leave(slot)
    }
  }

  /** Ends this thread's use of the store; transactions that are open may still end. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#detach()
  }

  /** Leaves the thread record once no transaction is open. */
  #detach(): void {
    for (const slot of [...this.#freeSlots.splice(0), ...this.#quarantine.splice(0)]) {
      this.kernel.releaseSlot(slot)
      this.#slots.delete(slot)
    }
    if (this.#slots.size !== 0) return
    this.names.close()
    // First: a pin that is released later has no thread left to give its memory to.
    this.kernel.releasePinsOf(this.arena.threadIndex)
    this.kernel.detachThread()
  }

  #findOrInsertCell(key: Key): number {
    const { kernel } = this
    const length = this.encode(key)
    const cell = kernel.lookUpOrInsert(length)
    if (cell !== 0) return cell
    if (this.reclaim()) {
      const again = kernel.lookUpOrInsert(this.encode(key))
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
  readonly poisons: boolean
  readonly snapshotAgeMsMax: number
  readonly timeoutMs: number
  readonly serializable: SerializableMode
  /** Key columns of batches that are added when they meet a conflict. */
  readonly appendOn: readonly string[]
}

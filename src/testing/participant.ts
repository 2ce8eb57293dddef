/** One thread of an exploration: does the statements of its program on its own kernel. */
import { BLOCK_HASH_DISTANCE } from '../../native-layout/block-descriptor.ts'
import { ORDERED_CLASS } from '../../native-layout/page-descriptor.ts'
import {
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_MASK,
  MODE_READ_COMMITTED,
  MODE_SERIALIZABLE,
  SLOT_ID_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import {
  CAUSE_ROLLBACK,
  STATUS_ARENA_FULL,
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_UPDATE_REFUSED,
  TAG_ABSENT,
  TAG_ADD,
  TAG_BATCH,
  TAG_MAX,
  TAG_MIN,
  TAG_RECORD,
} from '../../native-layout/status-codes.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type { Kernel } from '../memory/kernel.ts'
import { sweepPage } from '../transaction/reclamation.ts'
import { CELLS, type ControlBlock, SLOTS, THREAD_INDEX, TICK } from './control-block.ts'
import { ExploredKeys } from './explored-keys.ts'
import { ExploredPins } from './explored-pins.ts'
import { ExploredRows } from './explored-rows.ts'
import { ExploredScans } from './explored-scans.ts'
import { MergedSums } from './merged-sums.ts'
import { ABORTED, ABSENT, COMMITTED, NOT_DONE, REFUSED, TORN } from './outcome.ts'
import { type ParticipantSetup, type Plan, tickIndex } from './plan.ts'
import { meaningOf, type Operand, type Place, type Statement, type UpdateCall } from './program.ts'

/** Words that a block of the explorer holds: all the same number. */
const BLOCK_WORDS = 4

/** Says of a block that it is one of the explorer's. */
const FINGERPRINT = 0x6578706c

/** Larger than what the clock gets to. */
const ANY_CLOCK = 2n ** 52n

/** Nodes of the ordered index that one run may take. */
const NODE_COUNT = 4

const TAG_OF_CALL: Readonly<Record<Exclude<UpdateCall, 'sum'>, number>> = {
  add: TAG_ADD,
  max: TAG_MAX,
  min: TAG_MIN,
}

/** How a transaction ends that fails with a status. */
function endOf(status: number): number {
  return status === STATUS_UPDATE_REFUSED ? REFUSED : ABORTED
}

/** Does statements, and leaves what they observe among the results of the control block. */
export class Participant {
  readonly #plan: Plan
  readonly #kernel: Kernel
  readonly #control: ControlBlock
  readonly #setup: ParticipantSetup
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  readonly #keys: ExploredKeys
  readonly #slots: number[]
  readonly #freeSlots: number[]
  readonly #sweepSlot: number
  /** Slots of merges: one that keeps the chain, one for the lock of its cell. */
  readonly #mergeSlots: readonly number[]
  readonly #rows: ExploredRows
  readonly #pins: ExploredPins
  readonly #scans: ExploredScans
  readonly #merged: MergedSums
  /** Slot by transaction while it is open. */
  readonly #open: number[]

  /** Attaches, and acquires slots for as many open transactions as the statements need. */
  constructor(
    plan: Plan,
    kernel: Kernel,
    control: ControlBlock,
    arena: ArrayBufferLike,
    setup: ParticipantSetup,
  ) {
    this.#plan = plan
    this.#kernel = kernel
    this.#control = control
    this.#setup = setup
    this.#u32 = new Uint32Array(arena)
    this.#f64 = new Float64Array(arena)
    this.#keys = new ExploredKeys(plan.keys, kernel, control, arena)
    this.#slots = Array.from({ length: setup.slotCount }, () => kernel.acquireSlot() >>> 0)
    this.#sweepSlot = kernel.acquireSlot() >>> 0
    const mergeSlotCount = plan.hasRows ? 2 : 0
    this.#mergeSlots = Array.from({ length: mergeSlotCount }, () => kernel.acquireSlot() >>> 0)
    this.#rows = new ExploredRows(kernel, arena)
    this.#pins = new ExploredPins(kernel, control, this.#keys, this.#rows, this.#mergeSlots[0] ?? 0)
    this.#scans = new ExploredScans(kernel, this.#keys, arena)
    this.#merged = new MergedSums(kernel, arena, this.#sweepSlot)
    this.#freeSlots = []
    this.#open = Array.from({ length: plan.transactionCount }, () => 0)
  }

  /** Does the statements in order. A transaction that failed skips the rest of its own. */
  run(statements: readonly Statement[]): void {
    this.#freeSlots.length = 0
    this.#freeSlots.push(...this.#slots)
    this.#open.fill(0)
    this.#pins.clear()
    for (const statement of statements) this.#do(statement)
    for (const [transaction, slot] of this.#open.entries()) {
      if (slot !== 0) this.#abort(transaction)
    }
  }

  /** The cell of a key, made when there is none. */
  makeCell(key: number): number {
    return this.#keys.makeCell(key)
  }

  /** Takes one block of each kind that programs use, so that no run has to claim pages. */
  warmUp(ownKey: number): void {
    const kernel = this.#kernel
    kernel.giveData(kernel.takeData(8 * BLOCK_WORDS) >>> 0)
    kernel.reserve(ORDERED_CLASS, NODE_COUNT)
    if (this.#plan.hasRows) this.#rows.warmUp()
    const slot = this.#slots[0] ?? this.#sweepSlot
    const cell = this.makeCell(ownKey)
    kernel.begin(slot, MODE_SERIALIZABLE)
    kernel.writeNumber(slot, cell, kernel.foundGeneration(), 0)
    kernel.commit(slot)
  }

  #do(statement: Statement): void {
    switch (statement.kind) {
      case 'begin':
        this.#begin(statement.transaction, statement.mode)
        break
      case 'read':
        this.#read(statement.transaction, statement.place, statement.variable)
        break
      case 'write':
        this.#write(statement.transaction, statement.place, statement.operand)
        break
      case 'update':
        this.#update(statement)
        break
      case 'rows':
        this.#writeRows(statement)
        break
      case 'merge':
      case 'swap':
        this.#merge(statement)
        break
      case 'keep':
      case 'handle':
      case 'look':
      case 'release':
      case 'open':
      case 'unpin':
        this.#doWithPin(statement)
        break
      case 'change':
        this.#change(statement)
        break
      case 'delete':
        this.#delete(statement.transaction, statement.place)
        break
      case 'scan':
        this.#scan(statement)
        break
      case 'commit':
        this.#commit(statement.transaction)
        break
      case 'try':
        this.#try(statement.transaction)
        break
      case 'rollback':
        if (this.#open[statement.transaction] !== 0) this.#abort(statement.transaction)
        break
      case 'find':
        this.#observe(statement.variable, this.#keys.findCell(statement.key) === 0 ? ABSENT : 1)
        break
      case 'make':
        this.#observe(statement.variable, this.makeCell(statement.key) === 0 ? ABSENT : 1)
        break
      case 'horizon':
      case 'collect':
        this.#kernel.releaseRetired()
        if (statement.kind === 'collect') this.#kernel.releaseReplacedOfAll()
        break
      case 'sweep':
        this.#sweep(statement)
        break
      case 'revoke':
        this.#revoke(statement.transaction)
        break
      case 'recover':
        this.#setup.awaitEnd(statement.thread)
        this.#kernel.recoverThread(this.#control.words[THREAD_INDEX + statement.thread] as number)
    }
  }

  #begin(transaction: number, mode: number): void {
    const slot = this.#freeSlots.pop() as number
    this.#open[transaction] = slot
    this.#control.words[SLOTS + transaction] = slot
    this.#tick(transaction, 0)
    this.#merged.begin(slot)
    this.#kernel.begin(slot, mode)
  }

  #read(transaction: number, place: Place, variable: number): void {
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const found = this.#keys.read(slot, place)
    const tag = this.#keys.tagOf(slot)
    if (!Number.isNaN(found)) this.#observe(variable, found)
    else if (tag >= STATUS_FAILURE_FIRST) this.#abort(transaction, tag - STATUS_FAILURE_FIRST)
    else if (tag === TAG_ABSENT) this.#observe(variable, ABSENT)
    else if (tag === TAG_RECORD) this.#readBlock(transaction, slot, variable)
    else if (tag === TAG_BATCH) this.#readRows(transaction, slot, variable)
    else this.#observe(variable, TORN)
  }

  #readBlock(transaction: number, slot: number, variable: number): void {
    const payload = (this.#u32[(slot + SLOT_VALUE_OFFSET) >>> 2] as number) << HANDLE_SHIFT
    const first = this.#f64[payload >>> 3] as number
    // A step in the middle of the copy, as other threads get there.
    this.#kernel.isLive(slot)
    const words = this.#f64.slice(payload >>> 3, (payload >>> 3) + BLOCK_WORDS)
    if (!this.#kernel.isLive(slot)) this.#abort(transaction)
    else this.#observe(variable, words.every((word) => word === first) ? first : TORN)
  }

  #readRows(transaction: number, slot: number, variable: number): void {
    const rows = this.#rows.read(this.#rows.blockOf(slot), () => this.#kernel.isLive(slot))
    if (!this.#kernel.isLive(slot)) this.#abort(transaction)
    else this.#observe(variable, rows)
  }

  #writeRows(statement: Statement & { readonly kind: 'rows' }): void {
    const { call, transaction, place, rows, schema } = statement
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const kernel = this.#kernel
    const mode = this.#u32[(slot + SLOT_MODE_OFFSET) >>> 2] as number
    const addsOnConflict = (mode & MODE_CONFLICT_MASK) === MODE_CONFLICT_APPEND
    const hasKeys = call === 'drop' || (call === 'write' && addsOnConflict)
    const batch = { rows, schema, meaning: meaningOf(call), hasKeys }
    if (call === 'drop') {
      const status = this.#rows.drop(slot, this.#keys.place(place), batch)
      if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
      return
    }
    const status = this.#keys.writeTo(place, (cell, generation) => {
      const block = this.#rows.write(batch)
      if (block === 0) return STATUS_ARENA_FULL
      const chunk = this.#rows.chunkOf(block)
      const done =
        call === 'append'
          ? kernel.appendBatch(slot, cell, generation, chunk, block)
          : kernel.writeValue(slot, cell, generation, TAG_BATCH, chunk, block)
      if (done !== STATUS_OK) kernel.dropChunk(chunk)
      return done
    })
    if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  /** Merges a chain as the coordinator does. */
  #merge({ kind, transaction, place, count }: Statement & { kind: 'merge' | 'swap' }): void {
    const kernel = this.#kernel
    const [slot = 0, lockSlot = 0] = this.#mergeSlots
    const { cell, generation } = this.#keys.place(place)
    if (transaction !== -1) {
      this.#control.words[SLOTS + transaction] = slot
      this.#tick(transaction, 0)
    }
    kernel.begin(slot, MODE_READ_COMMITTED)
    kernel.read(slot, cell, generation)
    const isBatch = this.#keys.tagOf(slot) === TAG_BATCH
    const to = { cell, generation, count, lockSlot: kind === 'swap' ? lockSlot : 0 }
    const isMerged = isBatch && this.#rows.merge(this.#rows.blockOf(slot), slot, to)
    kernel.dismiss(slot)
    if (transaction === -1) return
    this.#control.words[SLOTS + transaction] = 0
    this.#control.results[transaction] = isMerged ? COMMITTED : ABORTED
    this.#tick(transaction, 1)
  }

  #doWithPin(
    statement: Statement & { kind: 'keep' | 'handle' | 'look' | 'release' | 'open' | 'unpin' },
  ): void {
    switch (statement.kind) {
      case 'keep':
      case 'handle':
        this.#keep(statement)
        break
      case 'look':
        this.#look(statement.pin, statement.variable)
        break
      case 'release':
        this.#pins.release(statement.pin)
        break
      case 'open':
        this.#pins.open(statement.handle, statement.pin)
        break
      case 'unpin':
        this.#pins.takeAll()
    }
  }

  #keep(statement: Statement & { readonly kind: 'keep' | 'handle' }): void {
    const { transaction } = statement
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const status = this.#pins.keep(slot, statement)
    if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  #look(pin: number, variable: number): void {
    const seen = this.#pins.look(pin)
    if (seen !== undefined) this.#observe(variable, seen)
  }

  #write(transaction: number, place: Place, operand: Operand): void {
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const known = operand.variable === -1 ? 0 : this.#observed(operand.variable)
    const value = (known === ABSENT ? 0 : known) + operand.number
    const status = this.#keys.writeTo(place, (cell, generation) =>
      operand.isBlock
        ? this.#writeBlock(slot, cell, generation, value)
        : this.#kernel.writeNumber(slot, cell, generation, value),
    )
    if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  #writeBlock(slot: number, cell: number, generation: number, value: number): number {
    const kernel = this.#kernel
    const payload = kernel.takeData(8 * BLOCK_WORDS) >>> 0
    if (payload === 0) return STATUS_ARENA_FULL
    this.#f64.fill(value, payload >>> 3, (payload >>> 3) + BLOCK_WORDS)
    this.#u32[(payload - BLOCK_HASH_DISTANCE) >>> 2] = FINGERPRINT
    const handle = payload >>> HANDLE_SHIFT
    const status = kernel.writeValue(slot, cell, generation, TAG_RECORD, handle, 0)
    if (status !== STATUS_OK) kernel.giveData(payload)
    return status
  }

  #update({ call, transaction, place, number }: Statement & { readonly kind: 'update' }): void {
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const status = this.#keys.writeTo(place, (cell, generation) =>
      call === 'sum'
        ? this.#merged.write(slot, cell, generation, number)
        : this.#kernel.updateNumber(slot, cell, generation, TAG_OF_CALL[call], number),
    )
    if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  /** Adds to a record in place. */
  #change(statement: Statement & { readonly kind: 'change' }): void {
    const { transaction, place, variable, number } = statement
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const { cell, generation } = this.#keys.place(place)
    const length = 8 * BLOCK_WORDS
    const payload = this.#kernel.modify(slot, cell, generation, length, FINGERPRINT) >>> 0
    if (payload === 0) {
      const tag = this.#keys.tagOf(slot)
      const isFailure = tag >= STATUS_FAILURE_FIRST
      this.#abort(transaction, isFailure ? tag - STATUS_FAILURE_FIRST : CAUSE_ROLLBACK)
      return
    }
    const words = this.#f64.subarray(payload >>> 3, (payload >>> 3) + BLOCK_WORDS)
    const [first = TORN] = words
    this.#observe(variable, words.every((word) => word === first) ? first : TORN)
    words.fill(first + number)
  }

  #delete(transaction: number, place: Place): void {
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const status = this.#keys.writeTo(place, (cell, generation) =>
      this.#kernel.writeValue(slot, cell, generation, TAG_ABSENT, 0, 0),
    )
    if (status !== STATUS_OK) this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  /** Commits once; a transaction that waits for a lock stays open. */
  #try(transaction: number): void {
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const status = this.#merged.commit(slot)
    if (status !== STATUS_BUSY)
      this.#finish(transaction, status === STATUS_OK ? COMMITTED : endOf(status))
  }

  #commit(transaction: number): void {
    this.#try(transaction)
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    // The transaction is still open: whoever holds the lock may be done by now.
    const status = this.#merged.commit(slot)
    if (status === STATUS_BUSY) this.#abort(transaction, STATUS_LOCKED - STATUS_FAILURE_FIRST)
    else this.#finish(transaction, status === STATUS_OK ? COMMITTED : endOf(status))
  }

  #abort(transaction: number, cause: number = CAUSE_ROLLBACK): void {
    this.#kernel.abort(this.#open[transaction] as number, cause)
    this.#finish(transaction, endOf(cause + STATUS_FAILURE_FIRST))
  }

  #finish(transaction: number, end: number): void {
    this.#freeSlots.push(this.#open[transaction] as number)
    this.#open[transaction] = 0
    this.#control.results[transaction] = end
    this.#tick(transaction, 1)
  }

  #sweep({ key, takesUnborn }: Statement & { readonly kind: 'sweep' }): void {
    const dead = { writtenBefore: ANY_CLOCK, unbornBefore: takesUnborn ? ANY_CLOCK : 0n }
    // One that transactions have used and will use, if there is any.
    const slot = this.#freeSlots.at(-1) ?? this.#sweepSlot
    if (key !== -1) {
      const cell = this.#control.words[CELLS + 2 * key] as number
      this.#kernel.sweepCells(slot, cell, 1, dead.writtenBefore, dead.unbornBefore)
      return
    }
    for (let page = 0; page < this.#plan.pageCount; page++) {
      sweepPage(this.#kernel, slot, page, dead)
    }
  }

  #revoke(transaction: number): void {
    const slot = this.#control.words[SLOTS + transaction] as number
    if (slot === 0) return
    const id = this.#u32[(slot + SLOT_ID_OFFSET) >>> 2] as number
    this.#kernel.revokeSlot(id, this.#kernel.slotPhase(id))
  }

  #scan(statement: Statement & { readonly kind: 'scan' }): void {
    const { transaction, variable } = statement
    const slot = this.#open[transaction] as number
    if (slot === 0) return
    const { status, digest } = this.#scans.scan(slot, statement)
    if (status === STATUS_OK) this.#observe(variable, digest)
    else this.#abort(transaction, status - STATUS_FAILURE_FIRST)
  }

  #observe(variable: number, value: number): void {
    this.#control.results[this.#plan.transactionCount + variable] = value
  }

  #observed(variable: number): number {
    const value = this.#control.results[this.#plan.transactionCount + variable] as number
    return value === NOT_DONE ? 0 : value
  }

  #tick(transaction: number, end: number): void {
    this.#setup.onTick()
    const { words, results } = this.#control
    const tick = (words[TICK] as number) + 1
    words[TICK] = tick
    results[tickIndex(this.#plan, transaction) + end] = tick
  }
}

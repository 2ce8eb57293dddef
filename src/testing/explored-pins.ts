/** Pins and handles of batches as one thread of an exploration makes and uses them. */
import {
  CAUSE_ROLLBACK,
  STATUS_FAILURE_FIRST,
  STATUS_OK,
  TAG_BATCH,
} from '../../native-layout/status-codes.ts'
import type { Kernel } from '../memory/kernel.ts'
import { type ControlBlock, HANDLES } from './control-block.ts'
import type { ExploredKeys } from './explored-keys.ts'
import type { ExploredRows } from './explored-rows.ts'
import { ABSENT } from './outcome.ts'
import type { Statement } from './program.ts'

/** With which a transaction ends that has lost its snapshot, or wants to keep what it has written. */
const STATUS_LOST: number = STATUS_FAILURE_FIRST + CAUSE_ROLLBACK

/** A batch that a thread has pinned. */
interface ExploredPin {
  readonly number: number
  readonly word: bigint
  readonly block: number
}

/** The pins of one thread, and the handles of all, by the numbers that the program gives them. */
export class ExploredPins {
  readonly #kernel: Kernel
  readonly #control: ControlBlock
  readonly #keys: ExploredKeys
  readonly #rows: ExploredRows
  /** Slot that keeps what a handle names while it is pinned; 0 when there are no batches. */
  readonly #keeper: number
  readonly #pins = new Map<number, ExploredPin>()

  constructor(
    kernel: Kernel,
    control: ControlBlock,
    keys: ExploredKeys,
    rows: ExploredRows,
    keeper: number,
  ) {
    this.#kernel = kernel
    this.#control = control
    this.#keys = keys
    this.#rows = rows
    this.#keeper = keeper
  }

  /** Forgets the pins of the run before. */
  clear(): void {
    this.#pins.clear()
  }

  /** Pins what a key holds, or makes a handle of it; STATUS_OK, or how the transaction ends. */
  keep(slot: number, { kind, place, pin }: Statement & { kind: 'keep' | 'handle' }): number {
    this.#keys.readHandle(slot, place)
    const tag = this.#keys.tagOf(slot)
    if (tag >= STATUS_FAILURE_FIRST) return tag
    if (tag !== TAG_BATCH) return STATUS_OK
    if (this.#kernel.hasWritten(slot, this.#keys.place(place).cell)) return STATUS_LOST
    const block = this.#rows.blockOf(slot)
    const chunk = this.#rows.chunkOf(block)
    const id = this.#kernel.chunkId(chunk)
    if (kind === 'keep') this.#pin(pin, chunk, id)
    if (!this.#kernel.isLive(slot)) {
      // It may have been another batch by then.
      this.release(pin)
      return STATUS_LOST
    }
    if (kind === 'handle') {
      this.#control.words[HANDLES + 2 * pin] = chunk
      this.#control.words[HANDLES + 2 * pin + 1] = id
    }
    return STATUS_OK
  }

  /** Lets go of what is pinned, unless the pin was taken away. */
  release(pin: number): void {
    const pinned = this.#pins.get(pin)
    if (pinned !== undefined) this.#kernel.releasePin(pinned.number, pinned.word)
  }

  /** The rows that are pinned; ABSENT when the pin was taken away, undefined when there was none. */
  look(pin: number): number | undefined {
    const pinned = this.#pins.get(pin)
    if (pinned === undefined) return undefined
    const { number, word, block } = pinned
    const isHeld = (): boolean => this.#kernel.pinWord(number) === word
    const rows = isHeld() ? this.#rows.read(block, isHeld) : ABSENT
    return isHeld() ? rows : ABSENT
  }

  /** Pins what a handle names, if somebody holds it. */
  open(handle: number, pin: number): void {
    const chunk = this.#control.words[HANDLES + 2 * handle] as number
    const id = this.#control.words[HANDLES + 2 * handle + 1] as number
    if (chunk === 0) return
    this.#kernel.pinSlot(this.#keeper)
    this.#pin(pin, chunk, id)
    this.#kernel.dismiss(this.#keeper)
  }

  /** Takes the pins of all threads away. */
  takeAll(): void {
    const kernel = this.#kernel
    for (let number = kernel.nextPin(0); number >= 0; number = kernel.nextPin(number + 1)) {
      kernel.releasePin(number, kernel.pinWord(number))
    }
  }

  #pin(pin: number, chunk: number, id: number): void {
    const kernel = this.#kernel
    const number = kernel.pinBatch(chunk, id)
    if (number < 0) return
    const word = kernel.madePin()
    this.#pins.set(pin, { number, word, block: kernel.chunkBlock(chunk) >>> 0 })
  }
}

import type { RecordBatch } from 'apache-arrow'
import { CHUNK_REFERENCES_MAX } from '../../native-layout/chunk-descriptor.ts'
import {
  PIN_BATCH_FULL,
  PIN_BATCH_GONE,
  PIN_COUNT_MAX,
} from '../../native-layout/pin-descriptor.ts'
import { PinLimitError, PinReleasedError } from '../errors/arena-errors.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Key } from '../values/key.ts'
import { whilePinned } from './peeking.ts'
import type { Session } from './session.ts'

/**
 * Names one version of the batch under a key, in whatever thread: it can be posted to another one and
 * given to `openBatch` of the store there. It keeps nothing in memory: a pin does.
 */
export interface BatchHandle {
  readonly kind: 'khonsu-batch'
  readonly key: Key
  /** Tells its store from others. */
  readonly store: number
  /** Number of the version: no other batch of the store has it. */
  readonly version: number
  /** Where it lies. */
  readonly chunk: number
}

/** Whether something is a handle of a batch. */
export function isBatchHandle(given: unknown): given is BatchHandle {
  if (typeof given !== 'object' || given === null || !('kind' in given)) return false
  if (given.kind !== 'khonsu-batch' || !('store' in given)) return false
  if (!('version' in given) || !('chunk' in given)) return false
  return [given.store, given.version, given.chunk].every(isNatural)
}

function isNatural(given: unknown): boolean {
  return Number.isSafeInteger(given) && Number(given) >= 0
}

/** The handle of the batch in a block that is held. */
export function handleOfBatch({ arena, batches }: Session, key: Key, block: number): BatchHandle {
  const chunk = batches.blocks.chunkOf(block)
  const version = arena.kernel.chunkId(chunk)
  return { kind: 'khonsu-batch', key, store: arena.storeId, version, chunk }
}

/**
 * A batch that is kept beyond the end of the transaction that read it. Only its memory is kept, whatever
 * becomes of its key meanwhile, and no snapshot. Release it, best by `using`: a pin that is older than
 * `maxSnapshotAgeMs` loses its memory, and so does one whose store is closed in this thread.
 */
export class PinnedBatch implements Disposable {
  /** Names the batch in other threads. */
  readonly handle: BatchHandle
  readonly #session: Session
  readonly #block: number
  readonly #number: number
  readonly #word: bigint
  #batch: RecordBatch | undefined
  #isReleased = false

  /** @internal The pin with this number, which was made last: see {@link pinBatch}. */
  constructor(session: Session, handle: BatchHandle, number: number) {
    const { batches, kernel } = session
    this.handle = handle
    this.#session = session
    this.#number = number
    this.#word = kernel.madePin()
    this.#block = kernel.chunkBlock(handle.chunk) >>> 0
    try {
      // The parts of a chain may be replaced by others later: it is put together while it is sure.
      if (batches.isChain(this.#block)) this.#batch = batches.copy(this.#block)
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Whether the batch can still be read. */
  get isHeld(): boolean {
    return !this.#isReleased && this.#session.kernel.pinWord(this.#number) === this.#word
  }

  /**
   * The batch: views of shared memory, of use until the pin is released.
   * @throws {PinReleasedError} when it was released, or lost its memory because of its age.
   * @throws {StoreClosedError} when this thread's store was closed, which lets all its pins go. None of
   * them is worth a retry.
   */
  get batch(): RecordBatch {
    if (!this.isHeld) {
      if (!this.#isReleased) this.#session.assertOpen()
      throw new PinReleasedError({ tooOld: !this.#isReleased })
    }
    this.#batch ??= this.#session.batches.open(this.#block, this)
    return this.#batch
  }

  /** Lets the batch go. Does nothing the second time. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#batch = undefined
    this.#session.batches.endLoans(this)
    this.#session.kernel.releasePin(this.#number, this.#word)
  }

  /** Lets the batch go. */
  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * Pins a batch for who reads a snapshot meanwhile, in a transaction or a pinned slot. Who is thrown out while
 * a chain is put together leaves a pin, which is taken away when it is too old.
 *
 * @returns undefined when nobody holds that version any more.
 * @throws {PinLimitError} when there are too many pins, or the batch has too many references.
 */
export function pinBatch(session: Session, handle: BatchHandle): PinnedBatch | undefined {
  const number = session.kernel.pinBatch(handle.chunk, handle.version)
  if (number === PIN_BATCH_GONE) return undefined
  if (number === PIN_BATCH_FULL) {
    throw new PinLimitError({ limit: CHUNK_REFERENCES_MAX, of: 'references' })
  }
  if (number < 0) throw new PinLimitError({ limit: PIN_COUNT_MAX, of: 'pins' })
  return new PinnedBatch(session, handle, number)
}

/**
 * Pins the batch that a handle names.
 * @returns undefined when nobody holds that version any more.
 * @throws {InvalidOptionError} when it is no handle, or one of another store.
 * @throws {StoreClosedError} {@link PinLimitError} as {@link pinBatch}
 */
export function openHandle(session: Session, handle: BatchHandle): PinnedBatch | undefined {
  session.assertOpen()
  if (!isBatchHandle(handle)) {
    const accepted = 'the handle of a batch, from a pin or tx.handle()'
    throw new InvalidOptionError({ option: 'handle', given: handle, accepted })
  }
  if (handle.store !== session.arena.storeId) {
    const accepted = 'a handle of this store; open it in the store that it comes from'
    const given = 'the handle of a batch in another store'
    throw new InvalidOptionError({ option: 'handle', given, accepted })
  }
  return whilePinned(session, () => pinBatch(session, handle))
}

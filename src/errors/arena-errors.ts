import { KhonsuError } from './khonsu-error.ts'

/**
 * The arena has no block left for what was to be written; nothing was committed.
 * A retry at once does not help; it does after keys were deleted or a long transaction has ended.
 */
export class ArenaFullError extends KhonsuError {
  static {
    ArenaFullError.prototype.name = 'ArenaFullError'
  }

  readonly requestedLengthBytes: number
  readonly arenaLengthBytes: number

  constructor(
    arena: { readonly requestedLengthBytes: number; readonly arenaLengthBytes: number },
    options?: ErrorOptions,
  ) {
    super(
      'KHONSU_ARENA_FULL',
      false,
      `No room for ${arena.requestedLengthBytes} bytes in the arena of ` +
        `${arena.arenaLengthBytes} bytes. Open the store with more memory, delete keys, or end ` +
        'long transactions: stats() names who holds old versions.',
      options,
    )
    this.requestedLengthBytes = arena.requestedLengthBytes
    this.arenaLengthBytes = arena.arenaLengthBytes
  }
}

/**
 * Bytes of the arena contradict its layout: something wrote over them.
 * A retry does not help: close the store and open a new one; report it if no code of yours writes
 * into the shared memory.
 */
export class ArenaCorruptError extends KhonsuError {
  static {
    ArenaCorruptError.prototype.name = 'ArenaCorruptError'
  }

  /** The structure that was being read, e.g. `key block`. */
  readonly structure: string
  readonly why: string

  constructor(
    damage: { readonly structure: string; readonly why: string },
    options?: ErrorOptions,
  ) {
    super(
      'KHONSU_ARENA_CORRUPT',
      false,
      `A ${damage.structure} in shared memory is damaged: ${damage.why}. Close this store and ` +
        'open a new one; if nothing else writes into its memory, please report it.',
      options,
    )
    this.structure = damage.structure
    this.why = damage.why
  }
}

/**
 * A thread attached to shared memory that another version or build of Khonsu laid out.
 * A retry does not help: load one version of the package in all threads.
 */
export class LayoutMismatchError extends KhonsuError {
  static {
    LayoutMismatchError.prototype.name = 'LayoutMismatchError'
  }

  /** What differs: `magic number`, `layout version`, `fingerprint`. */
  readonly part: string
  readonly expected: string
  readonly found: string

  constructor(
    layout: { readonly part: string; readonly expected: string; readonly found: string },
    options?: ErrorOptions,
  ) {
    const { part, expected, found } = layout
    super(
      'KHONSU_LAYOUT_MISMATCH',
      false,
      `The ${part} of the shared memory is ${found}, and this thread's Khonsu expects ` +
        `${expected}. Load the same version and build of khonsu in every thread.`,
      options,
    )
    this.part = part
    this.expected = expected
    this.found = found
  }
}

/**
 * More threads attached to the store than it has records for.
 * A retry helps only after another attached thread has closed its store or ended.
 */
export class ThreadLimitError extends KhonsuError {
  static {
    ThreadLimitError.prototype.name = 'ThreadLimitError'
  }

  readonly limit: number

  constructor(threads: { readonly limit: number }, options?: ErrorOptions) {
    super(
      'KHONSU_THREAD_LIMIT',
      false,
      `The store serves at most ${threads.limit} threads at once, and all places are taken. ` +
        'Close the store in a thread that no longer needs it, or start fewer workers.',
      options,
    )
    this.limit = threads.limit
  }
}

/**
 * A thread has as many open transactions as it can have.
 * A retry helps only after one of them was committed or rolled back.
 */
export class SlotLimitError extends KhonsuError {
  static {
    SlotLimitError.prototype.name = 'SlotLimitError'
  }

  readonly limit: number

  constructor(slots: { readonly limit: number }, options?: ErrorOptions) {
    super(
      'KHONSU_SLOT_LIMIT',
      false,
      `This thread has ${slots.limit} open transactions, and that is the limit. Commit or roll ` +
        'back those that startTransaction() opened.',
      options,
    )
    this.limit = slots.limit
  }
}

/**
 * All pins of the store are in use, or one batch has more references than it can have.
 * A retry helps only after pins were released.
 */
export class PinLimitError extends KhonsuError {
  static {
    PinLimitError.prototype.name = 'PinLimitError'
  }

  readonly limit: number
  /** Of what there are as many: pins of the store, or references of this batch. */
  readonly of: 'pins' | 'references'

  constructor(
    reached: { readonly limit: number; readonly of: 'pins' | 'references' },
    options?: ErrorOptions,
  ) {
    const { limit, of } = reached
    const what =
      of === 'pins'
        ? `A store has ${limit} pins, and no other can be had.`
        : `A batch can have ${limit} references, and this one has them.`
    super(
      'KHONSU_PIN_LIMIT',
      false,
      `${what} Release pins that are no longer needed with using or their release(), or keep a copy ` +
        'in the place of a pin.',
      options,
    )
    this.limit = limit
    this.of = of
  }
}

/**
 * A batch was used after its pin had been released, or taken away because it was too old.
 * A retry does not help: read the batch again.
 */
export class PinReleasedError extends KhonsuError {
  static {
    PinReleasedError.prototype.name = 'PinReleasedError'
  }

  /** Whether the coordinator took it because it was older than `maxSnapshotAgeMs`. */
  readonly tooOld: boolean

  constructor(pin: { readonly tooOld: boolean }, options?: ErrorOptions) {
    super(
      'KHONSU_PIN_RELEASED',
      false,
      pin.tooOld
        ? 'This pin was older than maxSnapshotAgeMs, and its memory was given back. Read the batch ' +
            'again, release pins sooner, keep a copy, or open the store with a larger limit.'
        : 'This pin was released. Read the batch again, or release the pin later.',
      options,
    )
    this.tooOld = pin.tooOld
  }
}

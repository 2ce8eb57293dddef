/**
 * The state of the modelled machine: one array of small numbers, so that a state is copied and
 * compared as a whole. What the kernel keeps in shared memory is here under the same names; the
 * registers are the local variables of the kernel's functions.
 *
 * A value is named by who wrote it: ABSENT, FIRST (there from the beginning), or FIRST + 1 + id of
 * the transaction. A transaction writes a cell once.
 */
import { CELL_NAMES, type Program, type TransactionProgram } from './program.ts'

export type State = Uint8Array

/** What can be broken in the model, one at a time. */
export type Fault =
  | 'the clock is not looked at again after the timestamp is published'
  | 'a closed snapshot does not close the epoch'
  | 'the closed map is set after the clock is advanced'
  | 'the closed map is looked at before the clock is loaded'
  | 'the reads are validated before the timestamp is taken'
  | 'extend loads the clock after it looked at the entries'
  | 'extend lets stamped locks pass'
  | 'extend does not look at the cell that is being read'
  | 'extend looks at the word of that cell before it looks at the phase'
  | 'versions above the bound are accepted'
  | 'cells are locked whatever their word is'
  | 'the timestamp may equal that of the replaced version'
  | 'the horizon misses a closed reader'
  | 'snapshots are published without a look at the bound of the horizon'
  | 'owners with a timestamp up to the snapshot are read through'
  | 'the word is not looked at again after the phase said INSTALLING'
  | 'a kept version is read without a look at the right to the snapshot'
  | 'reads that are not written are not validated'
  | 'recovery moves a timestamp that was validated'
  | 'recovery moves a timestamp after values were stored'
  | 'recovery keeps what the dead thread had stored'

/** What a thread does at once: one access to shared memory. The step that it does next. */
export type Step = (m: Machine, thread: number) => StepName

export const STEP_NAMES = [
  'start',
  'done',
  'markClosed',
  'closeEpoch',
  'publish',
  'checkHorizon',
  'reloadClock',
  'readWord',
  'readValue',
  'readPhase',
  'awaitOwner',
  'confirmOwner',
  'keptHead',
  'keptStamp',
  'keptValue',
  'keptStampAgain',
  'keptLive',
  'readWordAgain',
  'olderHead',
  'olderStamp',
  'olderValue',
  'olderNext',
  'olderStampAgain',
  'olderLive',
  'writeWord',
  'extendClock',
  'extendWord',
  'extendPhase',
  'extendWordAgain',
  'confirmPhase',
  'confirmWord',
  'tick',
  'revoke',
  'checkLive',
  'closeForHorizon',
  'raiseBound',
  'lookForSnapshot',
  'lockAtOnce',
  'lockWord',
  'awaitLock',
  'lockTry',
  'stampClock',
  'moveClock',
  'stampMap',
  'stampPublish',
  'stampConfirm',
  'validate',
  'commitPoint',
  'reuseValue',
  'reuseNext',
  'reuseStamp',
  'cutBehind',
  'linkVersion',
  'storeValue',
  'storeWord',
  'markAborting',
  'unlock',
  'freeSlot',
  'leaveClosed',
  'recover',
  'settleClock',
  'settlePublish',
] as const
export type StepName = (typeof STEP_NAMES)[number]

export const CLOCK = 0
export const CLOSED_MAP = 1
export const HORIZON_BOUND = 2
const CELLS = 3

/** Cell: the word (timestamp and owner), the value, the head of the chain, the version blocks. */
export const STAMP = 0
export const OWNER = 1
export const VALUE = 2
export const HEAD = 3
const VERSIONS = 4

/** Version block; `STAMP` and `VALUE` as in a cell would overlap, so it has its own offsets. */
export const VERSION_STAMP = 0
export const VERSION_VALUE = 1
export const VERSION_NEXT = 2
const VERSION_LENGTH = 3

/** Thread: its slot, then what it does, then the registers, which are 0 between operations. */
export const PHASE_STATE = 0
export const PHASE_STAMP = 1
export const BOUND = 2
export const HORIZON = 3
export const STEP = 4
export const TURN = 5
const OPERATION = 6
/** Cell, of the access or of the loop over entries. */
export const R_CELL = 7
export const R_STAMP = 8
export const R_OWNER = 9
export const R_VALUE = 10
/** A timestamp: the clock as loaded, or of a version. */
export const R_CLOCK = 11
export const R_KEEP = 12
export const R_HANDLE = 13
export const R_LARGEST = 14
/** What the transaction will have ended as. */
export const R_OUTCOME = 15
const REGISTERS_END = 16
/** Whether the thread is gone; what its steps do then is done by whoever recovers it. */
const DEAD = 16
const THREAD_LENGTH = 17

/** Transaction: how it ended, its timestamp, who had ended when it began, its entries. */
export const OUTCOME = 0
export const COMMIT = 1
export const BEFORE = 2
/** Whether what recovery needs to know was noted: the timestamp is final. */
export const SETTLED = 3
const ENTRIES = 4

/** Entry of one cell: flags, expected timestamp, value read or replaced (plus 1; 0: none). */
export const FLAGS = 0
export const EXPECTED = 1
export const READ_VALUE = 2
export const REPLACED = 3
export const KEPT_IN = 4
const ENTRY_LENGTH = 5

export const ENTRY_READ = 1
export const ENTRY_WRITE = 2
export const ENTRY_STALE = 4

/** States of a phase. */
export const FREE = 0
export const ACTIVE = 1
export const STAMPED = 2
export const INSTALLING = 3
export const ABORTING = 4
export const REVOKED = 5

const PHASE_NAMES = ['FREE', 'ACTIVE', 'STAMPED', 'INSTALLING', 'ABORTING', 'REVOKED']

/** Outcomes. */
export const RUNNING = 1
export const COMMITTED = 2
export const ABORTED = 3

export const ABSENT = 0
export const FIRST = 1

/** Timestamp of the versions that are there from the beginning, in the epoch that still runs. */
const FIRST_STAMP = 2

/** Cells that have a version from the beginning. */
const FIRST_COUNT = 2

export class Machine {
  readonly program: Program
  readonly fault: Fault | undefined
  /** Whether somebody may take the right to its snapshot from a transaction. */
  readonly revocable: boolean
  /** The state that steps work on, and the same bytes as words. */
  readonly s: State
  readonly words: Uint32Array
  /** What a step found that must never be. */
  trouble: string | undefined
  /** Blocks a cell: none is used twice but in place. */
  readonly #versionCount: number
  readonly #cellLength: number
  readonly #threads: number
  readonly #transactions: number
  readonly #transactionLength: number

  readonly #steps: Readonly<Record<StepName, Step>>

  constructor(program: Program, fault: Fault | undefined, steps: Readonly<Record<StepName, Step>>) {
    this.program = program
    this.fault = fault
    this.revocable = program.threads.includes('revoke')
    this.#steps = steps
    this.#versionCount = program.writerCountMax
    this.#cellLength = VERSIONS + this.#versionCount * VERSION_LENGTH
    this.#threads = CELLS + program.cellCount * this.#cellLength
    this.#transactions = this.#threads + program.threads.length * THREAD_LENGTH
    this.#transactionLength = ENTRIES + program.cellCount * ENTRY_LENGTH
    const length = this.#transactions + program.transactions.length * this.#transactionLength
    this.words = new Uint32Array(Math.ceil(length / 4))
    this.s = new Uint8Array(this.words.buffer)
  }

  /** Puts the first state: x and y have versions of the running epoch, z has none. */
  reset(): void {
    this.s.fill(0)
    this.trouble = undefined
    this.s[CLOCK] = 1
    for (let cell = 0; cell < Math.min(this.program.cellCount, FIRST_COUNT); cell++) {
      this.s[this.cell(cell) + STAMP] = FIRST_STAMP
      this.s[this.cell(cell) + VALUE] = FIRST
    }
    for (const [thread, part] of this.program.threads.entries()) {
      this.#setStep(thread, typeof part === 'string' ? part : 'start')
    }
  }

  stepOf(thread: number): StepName {
    return STEP_NAMES[this.at(this.thread(thread) + STEP)] as StepName
  }

  #setStep(thread: number, step: StepName): void {
    this.s[this.thread(thread) + STEP] = STEP_NAMES.indexOf(step)
  }

  /** Does the next step of a thread. */
  perform(thread: number): void {
    const name = this.stepOf(thread)
    let next = this.#steps[name](this, thread)
    // To start touches nothing shared.
    if (name === 'start') next = this.#steps[next](this, thread)
    this.#setStep(thread, next)
  }

  isDone(thread: number): boolean {
    return this.stepOf(thread) === 'done'
  }

  cell(index: number): number {
    return CELLS + index * this.#cellLength
  }

  /** Address of a version block of a cell; handles count from 1. */
  version(cell: number, handle: number): number {
    return this.cell(cell) + VERSIONS + (handle - 1) * VERSION_LENGTH
  }

  /** A block of the cell that was never used. */
  freshVersion(cell: number): number {
    for (let handle = 1; handle <= this.#versionCount; handle++) {
      if (this.s[this.version(cell, handle) + VERSION_STAMP] === 0) return handle
    }
    throw new Error('the model has too few version blocks')
  }

  thread(index: number): number {
    return this.#threads + index * THREAD_LENGTH
  }

  transaction(id: number): number {
    return this.#transactions + id * this.#transactionLength
  }

  entry(id: number, cell: number): number {
    return this.transaction(id) + ENTRIES + cell * ENTRY_LENGTH
  }

  at(address: number): number {
    return this.s[address] as number
  }

  /** The transaction that a thread runs or is about to run. */
  running(thread: number): TransactionProgram {
    const list = this.program.threads[thread] as readonly TransactionProgram[]
    return list[this.at(this.thread(thread) + TURN)] as TransactionProgram
  }

  /** The index of the next operation; `advance` moves it. */
  operationIndex(thread: number): number {
    return this.at(this.thread(thread) + OPERATION)
  }

  advance(thread: number): void {
    this.s[this.thread(thread) + OPERATION] = this.operationIndex(thread) + 1
    this.clearRegisters(thread)
  }

  clearRegisters(thread: number): void {
    const base = this.thread(thread)
    this.s.fill(0, base + R_CELL, base + REGISTERS_END)
  }

  /** Ends the running transaction of a thread; what comes next. */
  end(thread: number, outcome: number): StepName {
    const base = this.thread(thread)
    const { id } = this.running(thread)
    this.s[this.transaction(id) + OUTCOME] = outcome
    // What no later step looks at must not tell two states apart.
    this.s[this.transaction(id) + SETTLED] = 0
    for (let cell = 0; cell < this.program.cellCount; cell++) {
      const entry = this.entry(id, cell)
      this.s[entry + FLAGS] = 0
      this.s[entry + EXPECTED] = 0
      this.s[entry + KEPT_IN] = 0
    }
    this.s[base + TURN] = this.at(base + TURN) + 1
    this.s[base + OPERATION] = 0
    this.clearRegisters(thread)
    const list = this.program.threads[thread] as readonly TransactionProgram[]
    if (this.at(base + TURN) < list.length && this.at(base + DEAD) === 0) return 'start'
    this.s[base + BOUND] = 0
    this.s[base + HORIZON] = 0
    return 'done'
  }

  /** Whether a thread is in the middle of a transaction that it may leave for ever. */
  mayDie(thread: number): boolean {
    if (typeof this.program.threads[thread] === 'string' || this.isDone(thread)) return false
    const { id, mortal } = this.running(thread)
    if (!mortal || this.at(this.thread(thread) + DEAD) !== 0) return false
    return this.at(this.transaction(id) + OUTCOME) === RUNNING
  }

  die(thread: number): void {
    this.s[this.thread(thread) + DEAD] = 1
    this.clearRegisters(thread)
    this.#setStep(thread, 'recover')
  }

  /** Transactions that have ended, as a set of bits. */
  ended(): number {
    let set = 0
    for (const { id } of this.program.transactions) {
      if (this.at(this.transaction(id) + OUTCOME) > RUNNING) set |= 1 << id
    }
    return set
  }

  /** Whether a value with this timestamp is a committed version of the cell. */
  isVersion(cell: number, stamp: number, value: number): boolean {
    if (value === ABSENT) return stamp === 0 && cell >= FIRST_COUNT
    if (value === FIRST) return stamp === FIRST_STAMP
    const id = value - FIRST - 1
    const writer = this.program.transactions[id]
    return (
      writer?.written.includes(cell) === true && this.at(this.transaction(id) + COMMIT) === stamp
    )
  }

  /** Shared memory, in words. */
  describe(): string {
    const cells = Array.from({ length: this.program.cellCount }, (_, index) => {
      const cell = this.cell(index)
      const owner = this.at(cell + OWNER)
      const lock = owner === 0 ? '' : ` locked by ${owner - 1}`
      const value = ['absent', 'first'][this.at(cell + VALUE)] ?? `T${this.at(cell + VALUE) - 2}`
      return `${CELL_NAMES[index]}@${this.at(cell + STAMP)} ${value}${lock}`
    })
    const slots = this.program.threads.map((_, index) => {
      const slot = this.thread(index)
      return `${PHASE_NAMES[this.at(slot + PHASE_STATE)]} ${this.at(slot + PHASE_STAMP)}`
    })
    return [`clock ${this.at(CLOCK)}`, ...cells, `slots: ${slots.join(', ')}`].join('; ')
  }
}

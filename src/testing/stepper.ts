/**
 * What stands between a thread and the shared memory: the hook counts its accesses, and at the end
 * of a segment hands over to the next thread and waits until its turn comes again.
 */
import {
  ACCESS,
  AWAITED,
  BY_DEATH,
  BY_END,
  BY_SPIN,
  BY_SWITCH,
  BY_WAIT,
  type ControlBlock,
  DEAD,
  DYING_ACCESS,
  EVERY_ACCESS,
  HOST,
  LOAD,
  OWN_ACCESS,
  SLEEPER_COUNT,
  STATUS,
  STEP,
  SWITCH_INDEX,
  SWITCHES,
  TICKING,
  TURN,
} from './control-block.ts'
import { ACCESS_COUNT_MAX, throwEndless } from './hooked-kernel.ts'

/** Looks at the turn before a thread goes to sleep: a hand-over takes less than a microsecond. */
const TURN_SPINS_MAX = 4096
/** The same where it took longer: the threads share a core, and looking only keeps the other off. */
const TURN_SPINS_MIN = 16

/** A thread that sleeps looks again after this time, whatever happens. */
const SLEEP_MS = 1000

/** Loads in a row that bring nothing new, after which another thread goes on. */
const IDLE_LOADS_MAX = 12

/** Different words that such loads may go to. */
const IDLE_WORDS_MAX = 8

/** What the hook throws out of the kernel to end a thread. */
export class ThreadDeath extends Error {}

let turnSpins = TURN_SPINS_MAX

/** Waits until it is somebody's turn. */
export function awaitTurn(words: Int32Array, who: number): void {
  for (let spins = 0; spins < turnSpins; spins++) {
    if (Atomics.load(words, TURN) !== who) continue
    turnSpins = Math.min(TURN_SPINS_MAX, turnSpins + (turnSpins >>> 2))
    return
  }
  turnSpins = Math.max(TURN_SPINS_MIN, turnSpins >>> 1)
  Atomics.add(words, SLEEPER_COUNT, 1)
  while (true) {
    const turn = Atomics.load(words, TURN)
    if (turn === who) break
    Atomics.wait(words, TURN, turn, SLEEP_MS)
  }
  Atomics.sub(words, SLEEPER_COUNT, 1)
}

/** Gives the turn to somebody. */
export function giveTurn(words: Int32Array, who: number): void {
  Atomics.store(words, TURN, who)
  if (Atomics.load(words, SLEEPER_COUNT) > 0) Atomics.notify(words, TURN)
}

/** Does the steps of one thread. The thread calls `start` when its first turn has come. */
export class Stepper {
  readonly #control: ControlBlock
  readonly #words: Int32Array
  readonly #arena: Int32Array
  readonly #me: number
  #isArmed = false
  #isEveryAccess = false
  #step = 0
  #switchStep = -1
  #access = 0
  #ownAccess = 0
  #dyingAccess = 0
  // The loads since the last one that brought something new, or the last write.
  readonly #idleAddresses = new Int32Array(IDLE_WORDS_MAX)
  readonly #idleLow = new Int32Array(IDLE_WORDS_MAX)
  readonly #idleHigh = new Int32Array(IDLE_WORDS_MAX)
  #idleWordCount = 0
  #idleLoadCount = 0

  constructor(control: ControlBlock, arena: ArrayBufferLike, me: number) {
    this.#control = control
    this.#words = control.words
    this.#arena = new Int32Array(arena)
    this.#me = me
  }

  /** The hook of this thread's kernel. Free while the thread has not started. */
  readonly beforeAccess = (kind: number, address: number): void => {
    if (this.#isArmed) this.#before(kind, address >>> 3)
  }

  /** Takes the first turn of a run. */
  start(): void {
    const words = this.#words
    this.#isArmed = true
    this.#isEveryAccess = words[EVERY_ACCESS] !== 0
    this.#ownAccess = 0
    this.#dyingAccess = words[DYING_ACCESS + this.#me] as number
    this.#idleWordCount = 0
    this.#idleLoadCount = 0
    this.#resume()
  }

  /** Ends this thread's part of the run, and gives the turn away. */
  end(status: number): void {
    this.#isArmed = false
    this.#words[STATUS + this.#me] = status
    this.#save()
    const next = this.#control.next(this.#me)
    this.#control.countState()
    if (next !== HOST) this.#control.log(next, status === DEAD ? BY_DEATH : BY_END)
    giveTurn(this.#words, next)
  }

  /** Lets others go on until a thread has ended. */
  awaitEnd(thread: number): void {
    this.#words[AWAITED + this.#me] = thread + 1
    if (!this.#control.isRunnable(this.#me)) this.#giveWay(BY_WAIT)
    this.#words[AWAITED + this.#me] = 0
  }

  #before(kind: number, at: number): void {
    const { touched, steps } = this.#control
    const bits = kind === LOAD ? 1 << this.#me : 0x11 << this.#me
    touched[at] = (touched[at] as number) | bits
    if (++this.#ownAccess === this.#dyingAccess) throw new ThreadDeath()
    if (this.#isEveryAccess) {
      while (this.#step === this.#switchStep) this.#switch()
    } else {
      if (steps[at] === 0) {
        if (++this.#access > ACCESS_COUNT_MAX) throwEndless()
        return
      }
      if (this.#isIdle(kind, at)) this.#giveWay(BY_SPIN)
      while (this.#step === this.#switchStep) this.#switch()
    }
    this.#control.trace(this.#me, kind, at, this.#step)
    this.#step++
    this.#access++
    if (this.#access > ACCESS_COUNT_MAX) throwEndless()
  }

  /** Whether the thread only looks at what it has seen before. */
  #isIdle(kind: number, at: number): boolean {
    if (kind !== LOAD) {
      this.#idleWordCount = 0
      this.#idleLoadCount = 0
      return false
    }
    const low = this.#arena[2 * at] as number
    const high = this.#arena[2 * at + 1] as number
    let index = 0
    while (index < this.#idleWordCount && this.#idleAddresses[index] !== at) index++
    const isSame =
      index < this.#idleWordCount && this.#idleLow[index] === low && this.#idleHigh[index] === high
    if (isSame) {
      if (++this.#idleLoadCount < IDLE_LOADS_MAX) return false
      this.#idleWordCount = 0
      this.#idleLoadCount = 0
      return true
    }
    if (index === IDLE_WORDS_MAX) index = 0
    this.#idleAddresses[index] = at
    this.#idleLow[index] = low
    this.#idleHigh[index] = high
    this.#idleWordCount = Math.max(this.#idleWordCount, index + 1)
    this.#idleLoadCount = 0
    return false
  }

  #switch(): void {
    const words = this.#words
    const index = words[SWITCH_INDEX] as number
    const thread = words[SWITCHES + 2 * index + 1] as number
    words[SWITCH_INDEX] = index + 1
    this.#switchStep = words[SWITCHES + 2 * index + 2] as number
    if (thread !== this.#me && this.#control.isRunnable(thread)) this.#give(thread, BY_SWITCH)
  }

  #giveWay(reason: number): void {
    const next = this.#control.next(this.#me)
    if (next !== HOST) this.#give(next, reason)
  }

  #give(thread: number, reason: number): void {
    this.#save()
    this.#control.countState()
    this.#control.log(thread, reason)
    giveTurn(this.#words, thread)
    awaitTurn(this.#words, this.#me)
    this.#resume()
  }

  /** Notes the beginning or the end of a transaction of this thread. */
  tick(): void {
    this.#control.trace(this.#me, TICKING, 0, this.#step)
  }

  #save(): void {
    this.#words[STEP] = this.#step
    this.#words[ACCESS] = this.#access
    this.#words[OWN_ACCESS + this.#me] = this.#ownAccess
  }

  #resume(): void {
    const words = this.#words
    this.#step = words[STEP] as number
    this.#access = words[ACCESS] as number
    this.#switchStep = words[SWITCHES + 2 * (words[SWITCH_INDEX] as number)] as number
  }
}

/**
 * Priority: a transaction that was aborted many times gets a turn, in which the others hold back before
 * they commit. ARCHITECTURE.md, "Fairness", says what that bounds, and for whom.
 */
import { SLOT_WRITE_COUNT_OFFSET } from '../../native-layout/slot-descriptor.ts'
import type { Session } from './session.ts'
import type { Transaction } from './transaction.ts'
import { awaitEndOfTurn, awaitTurn, currentTurn } from './turns.ts'
import { backOff } from './waiting.ts'

/** Attempts before a transaction takes a ticket, and before it takes another when its turn lapsed in one. */
export const ATTEMPTS_BEFORE_TICKET = 16

/** The right of one transaction to its turn. */
export class Priority {
  readonly #session: Session
  /** Since the turn came. */
  #ticket: number | undefined
  #attemptsBeforeTicket = ATTEMPTS_BEFORE_TICKET

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * Waits, before an attempt, until it is this transaction's turn, at most until `endMs`, a time of
   * `performance.now()`. Backs off when it just had one, and when it runs in a body that has it.
   */
  awaitTurn(attempts: number, endMs: number): void {
    const session = this.#session
    const { arena } = session
    if (this.#ticket !== undefined) {
      if (currentTurn(arena) === this.#ticket) return
      this.end()
      this.#attemptsBeforeTicket = attempts + ATTEMPTS_BEFORE_TICKET
    }
    if (attempts < this.#attemptsBeforeTicket || hasTurn(session)) {
      backOff(arena, attempts)
      return
    }
    this.#ticket = awaitTurn(arena, endMs)
    session.turn = this.#ticket
  }

  /** Ends the turn, if this transaction had any. */
  end(): void {
    if (this.#ticket === undefined) return
    if (this.#session.turn === this.#ticket) this.#session.endOwnTurn()
    this.#ticket = undefined
  }
}

/** Whether a transaction of this thread has its turn. */
function hasTurn({ arena, turn }: Session): boolean {
  return turn !== undefined && currentTurn(arena) === turn
}

/**
 * Holds the commit of a transaction back while another thread's has its turn. Once: others may get
 * their turns before it is done. Who only reads is in nobody's way.
 */
export function holdBack({ session, slot }: Transaction): void {
  const { arena } = session
  if (arena.u32[(slot + SLOT_WRITE_COUNT_OFFSET) >>> 2] === 0) return
  const turn = currentTurn(arena)
  if (turn !== undefined && turn !== session.turn) awaitEndOfTurn(arena, turn)
}

/**
 * Turns of transactions, in order of their tickets (the ticket lock of Mellor-Crummey and Scott, ACM
 * TOCS 9(1), 1991). Each is a lease: whoever has waited that long for its end ends it.
 */
import { isMainThread } from 'node:worker_threads'
import {
  LAPSED_TURN_COUNT_OFFSET,
  TURN_COUNT_OFFSET,
  TURNS_OFFSET,
} from '../../native-layout/arena-header-descriptor.ts'
import type { Arena } from '../memory/arena.ts'

/** Milliseconds that others hold back for one transaction. */
export const LEASE_MS = 20

/** Looks at a turn before a worker sleeps until it is over. */
const LOOKS_AWAKE = 500

const TURNS = TURNS_OFFSET >>> 2
const TICKET_MASK = 0xffff
const TAKEN_SHIFT = 16
const TAKEN_ONE = 1 << TAKEN_SHIFT

/** Ticket of the transaction that has its turn, or would have, did anybody wait. */
function ticketIn(turns: number): number {
  return turns & TICKET_MASK
}

/** The ticket that is taken next. */
function nextIn(turns: number): number {
  return turns >>> TAKEN_SHIFT
}

/** Whether any transaction seems to have its turn: every commit asks, so the load is plain. */
export function isAnyTurn({ i32 }: Arena): boolean {
  const turns = i32[TURNS_OFFSET >>> 2] as number
  return nextIn(turns) !== ticketIn(turns)
}

/** The ticket of the transaction that has its turn, or undefined. */
export function currentTurn({ i32 }: Arena): number | undefined {
  const turns = Atomics.load(i32, TURNS)
  return nextIn(turns) === ticketIn(turns) ? undefined : ticketIn(turns)
}

/** Ends the turn of a ticket if it is on; whether this call did. */
export function endTurn({ i32 }: Arena, ticket: number): boolean {
  for (let turns = Atomics.load(i32, TURNS); ; ) {
    if (ticketIn(turns) !== ticket || nextIn(turns) === ticket) return false
    const ended = (turns & ~TICKET_MASK) | ((ticket + 1) & TICKET_MASK)
    const found = Atomics.compareExchange(i32, TURNS, turns, ended)
    if (found === turns) break
    turns = found
  }
  Atomics.notify(i32, TURNS)
  return true
}

/**
 * Holds this thread back until the turn of a ticket is over, for one lease at most. The main thread is
 * kept awake meanwhile.
 */
export function awaitEndOfTurn(arena: Arena, ticket: number): void {
  const { i32 } = arena
  const endMs = performance.now() + LEASE_MS
  for (let looks = 0; ; looks++) {
    const turns = Atomics.load(i32, TURNS)
    if (ticketIn(turns) !== ticket || nextIn(turns) === ticket) return
    const leftMs = endMs - performance.now()
    if (leftMs <= 0) {
      if (endTurn(arena, ticket)) Atomics.add(i32, LAPSED_TURN_COUNT_OFFSET >>> 2, 1)
      return
    }
    if (looks >= LOOKS_AWAKE && !isMainThread) Atomics.wait(i32, TURNS, turns, leftMs)
  }
}

/** Gives back the ticket that was taken last. The turn of any other will come, and lapse. */
function returnTicket(arena: Arena, ticket: number): void {
  const turns = Atomics.load(arena.i32, TURNS)
  if (ticketIn(turns) === ticket) endTurn(arena, ticket)
  if (isOver(turns, ticket) || nextIn(turns) !== ((ticket + 1) & TICKET_MASK)) return
  Atomics.compareExchange(arena.i32, TURNS, turns, turns - TAKEN_ONE)
}

/** Whether the turn of a ticket is over, or has come. */
function isOver(turns: number, ticket: number): boolean {
  const before = (ticket - ticketIn(turns)) & TICKET_MASK
  return before === 0 || before > TICKET_MASK >>> 1 || nextIn(turns) === ticketIn(turns)
}

/**
 * Takes a ticket and waits for its turn until `endMs`, a time of `performance.now()`. The ticket, to be
 * given to {@link endTurn}, or undefined: the time is over, or the turn was before this thread noticed.
 */
export function awaitTurn(arena: Arena, endMs: number): number | undefined {
  const { i32 } = arena
  const ticket = nextIn(Atomics.add(i32, TURNS, TAKEN_ONE))
  for (;;) {
    const turns = Atomics.load(i32, TURNS)
    if (ticketIn(turns) === ticket && nextIn(turns) !== ticket) break
    if (isOver(turns, ticket)) return undefined
    if (performance.now() > endMs) {
      returnTicket(arena, ticket)
      return undefined
    }
    awaitEndOfTurn(arena, ticketIn(turns))
  }
  Atomics.add(i32, TURN_COUNT_OFFSET >>> 2, 1)
  return ticket
}

/** Job: stops inside transactions, one for each turn, until the run ends. */

import { attach, KhonsuError, type Ref, type Store } from '../../src/index.ts'
import { accountKey } from '../accounts.ts'
import { EnduranceBoard } from '../endurance-board.ts'

export interface PauseJobInput {
  readonly board: EnduranceBoard
  /** Turn by turn, in a circle. */
  readonly kinds: readonly PauseKind[]
}

/** What is paused: the body of a `transact`, or the owner of an explicit transaction. */
export type PauseKind = 'transact' | 'explicit'

/** How the transaction of one turn ended. */
export interface PauseOutcome {
  readonly kind: PauseKind
  readonly attemptCount: number
  /** The code of the error that ended it; null when it was committed. */
  readonly code: string | null
}

/** Accounts that the paused transaction has read and written when it stops. An even number. */
export const PAUSED_CELL_COUNT = 8

export default function pauseJob({ board: given, kinds }: PauseJobInput): PauseOutcome[] {
  const board = EnduranceBoard.from(given)
  const store = attach()
  const refs = Array.from({ length: PAUSED_CELL_COUNT }, (_, i) => store.ref<number>(accountKey(i)))
  const outcomes: PauseOutcome[] = []
  for (let turn = 0; board.awaitTurnAfter(turn); ) {
    const kind = kinds[turn % kinds.length] as PauseKind
    turn++
    outcomes.push(runTurn(kind, store, refs, new Pause(board, turn)))
    board.reportDone(turn)
  }
  return outcomes
}

/** The pause of one turn, which attempts after the first one that came to it go without. */
class Pause {
  readonly #board: EnduranceBoard
  readonly #turn: number
  attemptCount = 0
  wasReached = false

  constructor(board: EnduranceBoard, turn: number) {
    this.#board = board
    this.#turn = turn
  }

  reach(): void {
    if (this.wasReached) return
    this.wasReached = true
    this.#board.pause(this.#turn)
  }
}

/** @throws what ends the transaction before its pause. */
function runTurn(
  kind: PauseKind,
  store: Store,
  refs: readonly Ref<number>[],
  pause: Pause,
): PauseOutcome {
  const run = kind === 'transact' ? pauseInBody : pauseByHand
  let code: string | null = null
  try {
    run(store, refs, pause)
  } catch (error) {
    if (!pause.wasReached || !(error instanceof KhonsuError)) throw error
    code = error.code
  }
  return { kind, attemptCount: pause.attemptCount, code }
}

function pauseInBody(store: Store, refs: readonly Ref<number>[], pause: Pause): void {
  store.transact((tx) => {
    pause.attemptCount++
    for (const [index, ref] of refs.entries()) {
      tx.set(ref, (tx.get(ref) as number) + amountOf(index))
    }
    pause.reach()
  })
}

function pauseByHand(store: Store, refs: readonly Ref<number>[], pause: Pause): void {
  pause.attemptCount++
  using transaction = store.startTransaction()
  for (const [index, ref] of refs.entries()) {
    transaction.write(ref, (transaction.read(ref) as number) + amountOf(index))
  }
  pause.reach()
  transaction.commit()
}

/** One unit moves from each odd account to its neighbour. */
function amountOf(index: number): number {
  return index % 2 === 0 ? 1 : -1
}

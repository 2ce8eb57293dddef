/** Job: in each turn, transactions that read many accounts and write one summary of them. */

import { attach, type Store, TransactionAbortedError } from '../../src/index.ts'
import { accountRefs } from '../accounts.ts'
import { EnduranceBoard } from '../endurance-board.ts'
import { Xorshift32 } from '../xorshift32.ts'

export interface SummaryJobInput {
  readonly board: EnduranceBoard
  readonly cellCount: number
  /** Accounts that each transaction reads. */
  readonly readCount: number
  readonly seed: number
}

/** What became of the transactions of all turns but for the first one, which makes their name known. */
export interface SummaryTally {
  readonly tried: number
  /** Those that committed; each has one attempt. */
  readonly committed: number
  readonly seconds: number
}

const SUMMARY_KEY = 'summary'

export default function summaryJob(input: SummaryJobInput): SummaryTally {
  const board = EnduranceBoard.from(input.board)
  const store = attach()
  const summarize = summaryOf(store, input)
  let tried = -1
  let committed = 0
  let seconds = 0
  for (let turn = 0; board.awaitTurnAfter(turn); ) {
    turn++
    const startedMs = performance.now()
    while (!board.isReleased(turn)) {
      const isCommitted = summarize()
      if (++tried > 0 && isCommitted) committed++
    }
    seconds += (performance.now() - startedMs) / 1e3
    board.reportDone(turn)
  }
  return { tried, committed, seconds }
}

/** Makes one attempt; whether it committed. */
function summaryOf(store: Store, { cellCount, readCount, seed }: SummaryJobInput): () => boolean {
  const refs = accountRefs(store, 0, cellCount)
  const summary = store.ref<number>(SUMMARY_KEY)
  const random = new Xorshift32(seed)
  return () => {
    const first = random.below(cellCount)
    try {
      store.transact(
        (tx) => {
          let sum = 0
          for (let i = 0; i < readCount; i++) {
            sum += tx.getAt(refs, (first + i) % cellCount) as number
          }
          tx.set(summary, sum)
        },
        { name: 'summary', maxAttempts: 1 },
      )
      return true
    } catch (error) {
      if (error instanceof TransactionAbortedError) return false
      throw error
    }
  }
}

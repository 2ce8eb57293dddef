import { lock, unlock } from './cell-lock.ts'
import type { Ledger } from './ledger.ts'
import {
  createPairs,
  FIRST_WORD,
  lockPairs,
  SECOND_WORD,
  sumPairs,
  unlockPairs,
} from './pair-lock-control.ts'
import {
  AMALGAMATE,
  BALANCE,
  chargeOf,
  customerCountOf,
  DEPOSIT_CHECKING,
  enterCommit,
  expectedMoney,
  FIRST_BALANCE,
  SmallBankDraw,
  TRANSACT_SAVING,
} from './smallbank.ts'
import type { Batch, ControlCells, ControlProgram, Seat } from './workload.ts'

/** SmallBank by hand: one lock a customer, two for `AMALGAMATE`. */
export const smallbankControl: ControlProgram = {
  create: (cellCount) => createPairs(customerCountOf(cellCount), FIRST_BALANCE),
  batch: controlBatch,
  observe: (cells, { cellCount, ledger }) => [
    { expected: wrapped(expectedMoney(cellCount, ledger)), actual: wrapped(sumPairs(cells)) },
  ],
}

/** Balances are int32 and may wrap in a long run; their sum is right modulo 2 ** 32. */
function wrapped(sum: number): number {
  return (sum % 2 ** 32) | 0
}

function controlBatch({ words, strideShift }: ControlCells, seat: Seat, ledger: Ledger): Batch {
  const draw = new SmallBankDraw(seat)
  const row = ledger.rowOf(seat.workerIndex)
  let balances = 0
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      const at = draw.customer << strideShift
      if (draw.program === AMALGAMATE) {
        amalgamateLocked(words, at, draw.other << strideShift)
        continue
      }
      lock(words, at)
      if (draw.program === BALANCE) balances = (balances + balanceOf(words, at)) | 0
      const change = changeOf(words, at, draw)
      unlock(words, at)
      enterCommit(row, draw, change)
    }
  }
}

/** Runs a program of one customer under its lock. Returns what came in. */
function changeOf(words: Int32Array, at: number, { program, amount }: SmallBankDraw): number {
  if (program === BALANCE) return 0
  const savings = words[at + FIRST_WORD] as number
  if (program === TRANSACT_SAVING) {
    if (savings + amount < 0) return 0
    words[at + FIRST_WORD] = savings + amount
    return amount
  }
  const checking = words[at + SECOND_WORD] as number
  const change = program === DEPOSIT_CHECKING ? amount : -chargeOf(savings + checking, amount)
  words[at + SECOND_WORD] = checking + change
  return change
}

function balanceOf(words: Int32Array, at: number): number {
  return (words[at + FIRST_WORD] as number) + (words[at + SECOND_WORD] as number)
}

function amalgamateLocked(words: Int32Array, from: number, to: number): void {
  lockPairs(words, from, to)
  words[to + SECOND_WORD] = (words[to + SECOND_WORD] as number) + balanceOf(words, from)
  words[from + FIRST_WORD] = 0
  words[from + SECOND_WORD] = 0
  unlockPairs(words, from, to)
}

/**
 * SmallBank (Alomari, Cahill, Fekete, Röhm: The Cost of Serializability on Platforms That Use
 * Snapshot Isolation, ICDE 2008): what engine and control draw, and what both must agree on. A
 * customer has a savings account, the first of a pair, and a checking account, the second.
 */

import { AMOUNT_MASK } from './accounts.ts'
import { count, type Ledger } from './ledger.ts'
import type { Seat } from './workload.ts'
import { Xorshift32 } from './xorshift32.ts'

/** The five programs, drawn equally often. */
export const BALANCE = 0
export const DEPOSIT_CHECKING = 1
export const TRANSACT_SAVING = 2
export const AMALGAMATE = 3
export const WRITE_CHECK = 4
const PROGRAM_COUNT = 5

/** What each account holds at first. */
export const FIRST_BALANCE = 10_000

/** What a check costs that is written over more than the customer has. */
export const PENALTY = 1

/** Of 18,000 customers 1,000 are hot, and nine of ten transactions go to them. */
const HOT_COUNT_MAX = 1_000
const CUSTOMERS_PER_HOT = 18
const HOT_SHARE = 0.9

/** Columns of the ledger. */
const NET = 0
const PENALTIES = 1

/** Returns how many customers so many accounts are. */
export function customerCountOf(cellCount: number): number {
  return cellCount >> 1
}

/** One transaction after the other, as one worker draws them. */
export class SmallBankDraw {
  program = 0
  customer = 0
  /** Who gets everything in `AMALGAMATE`; another one than `customer`. */
  other = 0
  /** 1 to 64; for `TRANSACT_SAVING` below zero as often as above. */
  amount = 0
  readonly #random: Xorshift32
  readonly #customerCount: number
  readonly #hotCount: number

  constructor({ cellCount, seed }: Seat) {
    this.#random = new Xorshift32(seed)
    this.#customerCount = customerCountOf(cellCount)
    const hotCount = Math.ceil(this.#customerCount / CUSTOMERS_PER_HOT)
    this.#hotCount = Math.min(HOT_COUNT_MAX, hotCount)
  }

  next(): void {
    const random = this.#random
    this.program = random.below(PROGRAM_COUNT)
    this.customer = this.#drawCustomer()
    const drawn = random.next()
    this.amount = (drawn & AMOUNT_MASK) + 1
    if (this.program === AMALGAMATE) this.other = this.#drawOther()
    else if (this.program === TRANSACT_SAVING && drawn < 0) this.amount = -this.amount
  }

  #drawCustomer(): number {
    const isHot = this.#random.unit() < HOT_SHARE
    return this.#random.below(isHot ? this.#hotCount : this.#customerCount)
  }

  #drawOther(): number {
    const other = this.#drawCustomer()
    if (other !== this.customer) return other
    return other + 1 < this.#customerCount ? other + 1 : 0
  }
}

/** Returns what a check takes from the checking account, by what the customer has in both. */
export function chargeOf(total: number, amount: number): number {
  return total < amount ? amount + PENALTY : amount
}

/** Enters a commit. @param change what came in or, below zero, went out. */
export function enterCommit(
  row: Float64Array,
  { program, amount }: SmallBankDraw,
  change: number,
): void {
  count(row, NET, change)
  if (program === WRITE_CHECK && change !== -amount) count(row, PENALTIES, 1)
}

/** Returns what all accounts must hold together. */
export function expectedMoney(cellCount: number, ledger: Ledger): number {
  return customerCountOf(cellCount) * 2 * FIRST_BALANCE + ledger.total(NET)
}

/** Returns how many checks were written over more than the customer had. */
export function penaltyCount(ledger: Ledger): number {
  return ledger.total(PENALTIES)
}

/**
 * The cells of the transfer family: accounts with equal first balances, numbered from zero. Every
 * transaction of the family moves an amount between two of them, so the sum is the invariant.
 */

import type { RefList, Store } from '../src/index.ts'

/** What each account holds before the first transfer. */
export const INITIAL_BALANCE = 1_000_000

/** Amounts are 1 to 64: never zero, and balances stay far inside int32, the control's range. */
export const AMOUNT_MASK = 63

/** Accounts that one transaction of `loadAccounts` and `readAccounts` touches. */
const ACCOUNTS_PER_TRANSACTION = 1_000

/** Returns the key of one account, a string that is made anew at each call. */
export function accountKey(index: number): string {
  return `account:${index}`
}

/** Writes the first balances to accounts 0 to `cellCount - 1`, in transactions of 1,000. */
export function loadAccounts(
  store: Store,
  cellCount: number,
  balance: number | ((index: number) => number) = INITIAL_BALANCE,
): void {
  const balanceOf = typeof balance === 'number' ? () => balance : balance
  for (let first = 0; first < cellCount; first += ACCOUNTS_PER_TRANSACTION) {
    const end = Math.min(first + ACCOUNTS_PER_TRANSACTION, cellCount)
    store.transact((tx) => {
      for (let index = first; index < end; index++) tx.set(accountKey(index), balanceOf(index))
    })
  }
}

/**
 * Returns all balances, NaN for an account that is missing. Reads in transactions of 1,000, so they
 * are of one moment only while no worker runs.
 */
export function readAccounts(store: Store, cellCount: number): Float64Array {
  const balances = new Float64Array(cellCount)
  for (let first = 0; first < cellCount; first += ACCOUNTS_PER_TRANSACTION) {
    const end = Math.min(first + ACCOUNTS_PER_TRANSACTION, cellCount)
    store.transact((tx) => {
      for (let index = first; index < end; index++)
        balances[index] = Number(tx.get(accountKey(index)))
    })
  }
  return balances
}

/** Returns the sum of all balances, NaN if an account is missing. As `readAccounts`. */
export function sumAccounts(store: Store, cellCount: number): number {
  return readAccounts(store, cellCount).reduce((sum, balance) => sum + balance, 0)
}

/** Returns the calling thread's refs to accounts `firstCell` to `firstCell + cellCount - 1`. */
export function accountRefs(store: Store, firstCell: number, cellCount: number): RefList {
  return store.refs(Array.from({ length: cellCount }, (_, index) => accountKey(firstCell + index)))
}

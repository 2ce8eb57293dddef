/**
 * One text that is spread over many cells: every transaction replaces all of them, so that whoever
 * reads two texts at once has found half a commit.
 */

import { TransactionConflictError } from '../src/errors/conflict-errors.ts'
import type { IsolationLevel, Store } from '../src/index.ts'

/** Cells of a banner. More than fit into the access set of a slot. */
const BANNER_LENGTH = 120

const keys: readonly string[] = Array.from({ length: BANNER_LENGTH }, (_, i) => `banner ${i}`)

/** Returns the keys of all cells of the banner. */
export function bannerKeys(): readonly string[] {
  return keys
}

function bannerText(version: number): string {
  return `${version}:${String(version % 10).repeat(20 + (version % 7) * 40)}`
}

/** Writes the first version. */
export function raiseBanner(store: Store): void {
  writeBanner(store, () => 1)
}

/** Writes the next version; returns its number. */
export function replaceBanner(store: Store): number {
  return writeBanner(store, (first) => Number(String(first).split(':')[0]) + 1)
}

/** `next` gets what the first cell holds. */
function writeBanner(store: Store, next: (first: unknown) => number): number {
  return store.transact((tx) => {
    const version = next(tx.get('banner 0'))
    const text = bannerText(version)
    for (const key of keys) tx.set(key, text)
    return version
  })
}

/** Returns the faults of what one transaction reads; it does not matter whether it can commit. */
export function readBanner(
  store: Store,
  { explicit, isolation }: { readonly explicit: boolean; readonly isolation: IsolationLevel },
): string[] {
  if (!explicit) {
    return store.transact((tx) => faultsOf(keys.map((key) => tx.get(key))), { isolation })
  }
  const transaction = store.startTransaction({ isolation })
  try {
    return faultsOf(keys.map((key) => transaction.read(key)))
  } catch (error) {
    // A commit that takes long may be met: that is told by an error of its own.
    if (error instanceof TransactionConflictError && error.reason === 'locked') return []
    throw error
  } finally {
    transaction.rollback()
  }
}

function faultsOf(texts: readonly unknown[]): string[] {
  const [first] = texts
  const version = Number(String(first).split(':')[0])
  if (first !== bannerText(version)) return [`not whole: ${String(first).slice(0, 80)}`]
  const other = texts.find((text) => text !== first)
  return other === undefined ? [] : [`two texts: ${first} and ${String(other).slice(0, 80)}`]
}

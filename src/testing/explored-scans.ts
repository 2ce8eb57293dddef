/** Scans as one thread of an exploration does them. */
import {
  SCAN_END_KEY_START,
  SCAN_FOUND_START,
  SCAN_HAS_END,
  SCAN_HAS_START,
  SCAN_NUMBERS,
  SCAN_READ_ONLY,
  SCAN_REVERSE,
} from '../../native-layout/scan-descriptor.ts'
import { STATUS_OK } from '../../native-layout/status-codes.ts'
import type { Kernel } from '../memory/kernel.ts'
import { type ExploredKeys, KEY_LENGTH } from './explored-keys.ts'
import { NOT_DONE } from './outcome.ts'
import { type Statement, scanDigest } from './program.ts'

/** Keys that a scan meets at most. */
const SCAN_COUNT_MAX = 512

/** What a scan came to. */
export interface ScanResult {
  /** STATUS_OK, or that with which the transaction ends. */
  readonly status: number
  /** What it has met, as one number; NOT_DONE when it failed. */
  readonly digest: number
}

/** Scans of numbers in one thread's view of the arena. */
export class ExploredScans {
  readonly #kernel: Kernel
  readonly #keys: ExploredKeys
  readonly #f64: Float64Array

  constructor(kernel: Kernel, keys: ExploredKeys, arena: ArrayBufferLike) {
    this.#kernel = kernel
    this.#keys = keys
    this.#f64 = new Float64Array(arena)
  }

  /** Scans between two names, in the transaction of a slot. */
  scan(slot: number, statement: Statement & { readonly kind: 'scan' }): ScanResult {
    const { from, to, isReverse, isReader } = statement
    const { scratch } = this.#keys
    this.#keys.encodeName(isReverse ? to : from, scratch)
    this.#keys.encodeName(isReverse ? from : to, scratch + SCAN_END_KEY_START)
    const reader = isReader ? SCAN_READ_ONLY : 0
    const bounds = SCAN_HAS_START | SCAN_HAS_END | SCAN_NUMBERS | reader
    const flags = isReverse ? bounds | SCAN_REVERSE : bounds
    const count = this.#kernel.scan(slot, KEY_LENGTH, KEY_LENGTH, flags, SCAN_COUNT_MAX)
    const status = this.#keys.tagOf(slot)
    if (status !== STATUS_OK) return { status, digest: NOT_DONE }
    const first = (scratch + SCAN_FOUND_START) >>> 3
    const sum = this.#f64.subarray(first, first + count).reduce((all, value) => all + value, 0)
    return { status, digest: scanDigest(sum, count) }
  }
}

/**
 * The format of a recorded history: one file for each recorder, one JSON value on each line.
 *
 *   header    {"format":"khonsu-history","version":3,"run":"…","thread":3,
 *              "isolation":"strict-serializable","onConflict":"fail","clockNs":"81726354"}
 *   key       {"key":0,"name":["account",7]}
 *   attempt   {"attempt":12884901889,"end":"committed","beganNs":0,"endedNs":9400,"timestamp":7,
 *              "operations":[["r",0,0],["w",0,12884901890]]}
 *   footer    {"attempts":1}
 *
 * The first line is the header, the last one the footer. A key line gives a key the number by which
 * the lines after it name that key; a number may be given again. docs/histories.md says the rest.
 */
import type { ConflictMode, IsolationLevel } from '../transaction/isolation.ts'
import type { Key } from '../values/key.ts'

export const FORMAT_NAME = 'khonsu-history'
/** What recorders write. */
export const FORMAT_VERSION = 3
/** Before a history said which serializable transactions keep the order of real time: all did. */
export const FORMAT_VERSION_STRICT_ONLY = 2
/** Before there were lists. */
export const FORMAT_VERSION_WITHOUT_LISTS = 1

/**
 * What a history is held against. `serializable`: the outcome is that of some serial order.
 * `strict-serializable`: of one in which whoever ended before another began comes first.
 */
export type HistoryLevel = IsolationLevel | 'strict-serializable'

/** Ids of attempts and versions: the thread times this, plus a counter of that thread. */
export const IDS_A_THREAD: number = 2 ** 32

/** The version of a read that found a value which no recorder wrote. */
export const UNRECORDED_VERSION = 0

/** Keys that a writer numbers before it begins anew, which bounds what it remembers. */
export const KEY_NUMBERS_MAX = 65_536

/**
 * What one call read or wrote. `r`: read; version null when the key had no value, 0 when no recorder
 * wrote the value. `w`: write. `d`: deletion. `x` and `y`: a write and a deletion that the conflict
 * mode `ignore` dropped.
 *
 * Of lists: `l`: read, with all elements, the oldest first. `a`: the element that was appended; the
 * version of a list is its last element. `z`: an append that `ignore` dropped.
 */
export type HistoryOperation =
  | readonly [kind: 'r' | 'w' | 'd' | 'a' | 'x' | 'y' | 'z', key: Key, version: number | null]
  | readonly [kind: 'l', key: Key, elements: readonly number[]]

/** One attempt of one transaction: what it read and wrote, in order, and how it ended. */
export interface HistoryAttempt {
  /** Unique in its run. */
  readonly id: number
  readonly end: 'committed' | 'aborted'
  /** Nanoseconds of a clock that all threads of the run share. */
  readonly beganNs: number
  readonly endedNs: number
  /** Its commit timestamp, which orders the versions of a key; 0 when it wrote nothing. */
  readonly timestamp: number
  /** Absent where it is that of the header. */
  readonly isolation?: HistoryLevel | undefined
  /** Absent where it is that of the header. */
  readonly onConflict?: ConflictMode | undefined
  /** The `name` of the transaction. */
  readonly name?: string | undefined
  readonly operations: readonly HistoryOperation[]
}

/** What holds for a whole file. */
export interface HistoryHeader {
  readonly format: typeof FORMAT_NAME
  readonly version:
    | typeof FORMAT_VERSION
    | typeof FORMAT_VERSION_STRICT_ONLY
    | typeof FORMAT_VERSION_WITHOUT_LISTS
  /** Equal in all files of one store. */
  readonly run: string
  readonly thread: number
  readonly isolation: HistoryLevel
  readonly onConflict: ConflictMode
  /** Reading of the shared clock from which the times of this file count. */
  readonly clockNs: string
}

/** Takes what a recorder saw. */
export interface HistorySink {
  /** Takes one attempt. Never throws: it is called after commits. */
  append(attempt: HistoryAttempt): void
  /** Makes room; called before a transaction begins, so that it may throw. */
  prepare(): void
  close(): void
}

/** Writes an id for people: `3.17` is number 17 of thread 3. */
export function describeId(id: number): string {
  return `${Math.floor(id / IDS_A_THREAD)}.${id % IDS_A_THREAD}`
}

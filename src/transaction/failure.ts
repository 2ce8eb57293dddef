import {
  HEADER_GAP_ADDRESS_OFFSET,
  HEADER_GAP_COUNT_OFFSET,
} from '../../native-layout/arena-header-descriptor.ts'
import { CELL_SHIFT } from '../../native-layout/cell-descriptor.ts'
import { GAP_ID_SHIFT } from '../../native-layout/gap-descriptor.ts'
import {
  SLOT_CONFLICT_CELL_OFFSET,
  SLOT_OPPONENT_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import {
  CAUSE_ERROR,
  CAUSE_REHEARSAL,
  CAUSE_ROLLBACK,
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_MISSING_STAMP,
  STATUS_PIVOT,
  STATUS_SNAPSHOT_MOVED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
  STATUS_TOO_LARGE,
  STATUS_UPDATE_REFUSED,
  STATUS_WRITE_CONFLICT,
} from '../../native-layout/status-codes.ts'
import { ArenaCorruptError } from '../errors/arena-errors.ts'
import {
  type ConflictReason,
  SnapshotTooOldError,
  TransactionConflictError,
} from '../errors/conflict-errors.ts'
import type { KhonsuError } from '../errors/khonsu-error.ts'
import { TransactionTooLargeError } from '../errors/transaction-errors.ts'
import type { Key } from '../values/key.ts'
import { refusedUpdate } from './refused-update.ts'
import type { Session } from './session.ts'

/** Cells that one transaction can read and write. */
const ACCESS_SET_ENTRY_COUNT_MAX = 1_048_576

/** Why attempts ended without a commit. */
export type AbortCause =
  | ConflictReason
  | 'snapshot-too-old'
  | 'arena-full'
  | 'update-refused'
  | 'rehearsal'
  | 'rollback'
  | 'error'

const REASON_OF_STATUS: ReadonlyMap<number, ConflictReason> = new Map([
  [STATUS_WRITE_CONFLICT, 'write-conflict'],
  [STATUS_STALE_READ, 'stale-read'],
  [STATUS_LOCKED, 'locked'],
  [STATUS_SNAPSHOT_MOVED, 'snapshot-moved'],
  [STATUS_PIVOT, 'dangerous-structure'],
  [STATUS_MISSING_STAMP, 'missing-stamp'],
])

/** Names of the kernel's abort counters. */
export const CAUSE_NAMES: ReadonlyMap<number, AbortCause> = new Map<number, AbortCause>([
  ...[...REASON_OF_STATUS].map(([status, reason]): [number, AbortCause] => [
    status - STATUS_FAILURE_FIRST,
    reason,
  ]),
  [STATUS_SNAPSHOT_TOO_OLD - STATUS_FAILURE_FIRST, 'snapshot-too-old'],
  [STATUS_ARENA_FULL - STATUS_FAILURE_FIRST, 'arena-full'],
  [STATUS_UPDATE_REFUSED - STATUS_FAILURE_FIRST, 'update-refused'],
  [CAUSE_REHEARSAL, 'rehearsal'],
  [CAUSE_ROLLBACK, 'rollback'],
  [CAUSE_ERROR, 'error'],
])

/** The status that an error was made from, if running the body again may help. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof SnapshotTooOldError) return STATUS_SNAPSHOT_TOO_OLD
  if (!(error instanceof TransactionConflictError)) return undefined
  for (const [status, reason] of REASON_OF_STATUS) if (reason === error.reason) return status
  return undefined
}

/** Whether running the body again can help by itself. */
export function isConflict(status: number): boolean {
  return REASON_OF_STATUS.has(status)
}

/** The error for a status that the kernel answered, with the key and the opponent where known. */
export function errorOf(session: Session, slot: number, status: number): KhonsuError {
  const reason = REASON_OF_STATUS.get(status)
  if (reason !== undefined) {
    const { u32 } = session.arena
    const opponent = u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number
    return new TransactionConflictError({
      reason,
      key: conflictKey(session, slot),
      opponent: opponent === 0 ? undefined : session.names.nameOfSlot(opponent),
    })
  }
  switch (status) {
    case STATUS_SNAPSHOT_TOO_OLD:
      return new SnapshotTooOldError({ ageMsMax: session.snapshotAgeMsMax })
    case STATUS_ARENA_FULL:
      return session.arenaFull()
    case STATUS_UPDATE_REFUSED:
      return refusedUpdate(session.arena, slot, conflictKey(session, slot))
    case STATUS_TOO_LARGE:
      return new TransactionTooLargeError({
        part: 'set of keys read and written',
        limit: ACCESS_SET_ENTRY_COUNT_MAX,
      })
    default:
      return new ArenaCorruptError({
        structure: 'transaction slot',
        why: `the kernel answered with the unknown status ${status}`,
      })
  }
}

function conflictKey(session: Session, slot: number): Key | undefined {
  const { u32 } = session.arena
  const cell = u32[(slot + SLOT_CONFLICT_CELL_OFFSET) >>> 2] as number
  const firstGap = (u32[HEADER_GAP_ADDRESS_OFFSET >>> 2] as number) >>> CELL_SHIFT
  const gapIds = (u32[HEADER_GAP_COUNT_OFFSET >>> 2] as number) << GAP_ID_SHIFT
  if (cell === 0 || (cell >= firstGap && cell < firstGap + gapIds)) return undefined
  return session.keyOf(cell)
}

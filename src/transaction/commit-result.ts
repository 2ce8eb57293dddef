import {
  MODE_UNSAFE,
  SLOT_COMMIT_TIMESTAMP_OFFSET,
  SLOT_IGNORED_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import type { Arena } from '../memory/arena.ts'
import type { Key } from '../values/key.ts'
import type { Session } from './session.ts'

/** How a transaction was committed. */
export interface CommitResult {
  /**
   * Its commit timestamp: larger than that of every version it replaced, and not smaller than that
   * of any commit it read from. Commits that replace nothing of each other may share one. 0 when it
   * wrote nothing.
   */
  readonly timestamp: number
  /** Keys whose writes the conflict mode `ignore` dropped. */
  readonly ignored: readonly Key[]
  /** Of a deferrable transaction: whether it got a safe snapshot in time. */
  readonly safe?: boolean
}

/** Reads the result of the commit that was just made in a slot, with these options. */
export function commitResult(
  session: Session,
  slot: number,
  { deferrable }: { readonly deferrable?: boolean },
): CommitResult {
  const { arena } = session
  const ignored: Key[] = []
  const ignoredCount = arena.u32[(slot + SLOT_IGNORED_COUNT_OFFSET) >>> 2] as number
  const cells = arena.u32.slice(arena.scratch >>> 2, (arena.scratch >>> 2) + ignoredCount)
  for (const cell of cells) {
    const key = session.keyOf(cell)
    if (key !== undefined) ignored.push(key)
  }
  return {
    timestamp: Number(arena.i64[(slot + SLOT_COMMIT_TIMESTAMP_OFFSET) >>> 3]),
    ignored,
    ...(deferrable === true && { safe: isSafe(arena, slot) }),
  }
}

/** Whether the transaction in a slot had a snapshot that nobody had to be told of. */
function isSafe(arena: Arena, slot: number): boolean {
  return ((arena.u32[(slot + SLOT_MODE_OFFSET) >>> 2] as number) & MODE_UNSAFE) === 0
}

import {
  MODE_CONFLICT_MASK,
  MODE_READ_COMMITTED,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import { STATUS_LOCKED, TAG_BATCH } from '../../native-layout/status-codes.ts'
import { SnapshotTooOldError } from '../errors/conflict-errors.ts'
import type { Key } from '../values/key.ts'
import type { CellHandle, Session } from './session.ts'
import { backOff } from './waiting.ts'

/** Times that a locked cell is looked at. */
const LOOKS_MAX = 16

/** Times that a batch is looked at whose slot has lost the right to it meanwhile. */
const TRIES_MAX = 3

/**
 * Looks at the batch that is committed under a key now, which the slot keeps while `look` runs; `look` gets
 * undefined when there is none, or it cannot be had at once. No transaction takes part: what is seen is
 * for guesses that a commit verifies. Where the slot has lost its right meanwhile, `look` runs again,
 * whatever it has made or thrown.
 *
 * @throws {SnapshotTooOldError} when that happens again and again. A retry may help.
 */
export function peekBlock<R>(
  session: Session,
  key: Key,
  look: (block: number | undefined, slot: number) => R,
): R {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const handle = session.recall(key) ?? session.lookUp(key)
    const seen = peeking(session, (slot) => {
      try {
        const made = lookNow(session, handle, look, slot)
        return session.kernel.isLive(slot) === 0 ? undefined : { made }
      } catch (error) {
        // What was looked at may have been memory that others use by now.
        if (session.kernel.isLive(slot) === 0) return undefined
        throw error
      }
    })
    if (seen !== undefined) return seen.made
  }
  throw new SnapshotTooOldError({ ageMsMax: session.snapshotAgeMsMax })
}

function lookNow<R>(
  session: Session,
  { cell, generation }: CellHandle,
  look: (block: number | undefined, slot: number) => R,
  slot: number,
): R {
  for (let looks = 0; ; looks++) {
    session.kernel.read(slot, cell, generation)
    const tag = session.arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
    if (tag === TAG_BATCH) {
      return look(session.arena.u32[(slot + SLOT_VALUE_OFFSET + 4) >>> 2] as number, slot)
    }
    if (tag !== STATUS_LOCKED || looks >= LOOKS_MAX) return look(undefined, slot)
    backOff(session.arena, looks)
  }
}

/** Runs something with a slot that reads what is committed now, and holds it for as long as that runs. */
export function peeking<R>(session: Session, action: (slot: number) => R): R {
  const { kernel } = session
  const slot = session.enter()
  kernel.begin(slot, MODE_READ_COMMITTED | (session.defaultMode & MODE_CONFLICT_MASK))
  try {
    return action(slot)
  } finally {
    kernel.dismiss(slot)
    kernel.begin(slot, session.defaultMode)
    session.batches.endLoans(slot)
    session.leave(slot)
  }
}

/** Runs something while no memory that is in use now is given back. */
export function whilePinned<R>(session: Session, action: () => R): R {
  const { kernel } = session
  const slot = session.enter()
  kernel.pinSlot(slot)
  try {
    return action()
  } finally {
    kernel.dismiss(slot)
    session.leave(slot)
  }
}

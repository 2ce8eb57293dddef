/** One thread on a store without a coordinator. */
import { expect } from 'vitest'
import { MODE_SERIALIZABLE, SLOT_ID_OFFSET } from '#dist/native-layout/slot-descriptor.js'
import { Session, type SessionSettings } from '#dist/src/transaction/session.js'
import { createArenas } from './kernel-arena.ts'
import { MIB } from './store.ts'

/** A session on a small arena of its own. */
export function openSession(settings: Partial<SessionSettings> = {}): Session {
  const [arena] = createArenas(8 * MIB, 1)
  if (arena === undefined) throw new Error('no arena')
  return new Session(arena, {
    mode: MODE_SERIALIZABLE,
    development: false,
    poisons: false,
    appendOn: ['id'],
    snapshotAgeMsMax: 60_000,
    timeoutMs: 1_000,
    serializable: 'ssi',
    ...settings,
  })
}

/** Takes the right to its snapshot from a slot, as the coordinator does when it is too old. */
export function revoke({ kernel, arena }: Session, slot: number): void {
  const id = arena.u32[(slot + SLOT_ID_OFFSET) >>> 2] as number
  expect(kernel.revokeSlot(id, kernel.slotPhase(id))).toBe(1)
}

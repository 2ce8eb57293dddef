import type { Arena } from '../memory/arena.ts'
import { modeBits } from '../transaction/isolation.ts'
import { Session } from '../transaction/session.ts'
import type { StoreSettings } from './store-options.ts'

/** What a thread that has joined a store keeps for its transactions. */
export function sessionOf(arena: Arena, settings: StoreSettings): Session {
  return new Session(arena, {
    mode: modeBits(settings.isolation, settings.onConflict),
    development: settings.development,
    poisons: settings.poison,
    appendOn: settings.appendOn,
    snapshotAgeMsMax: settings.maxSnapshotAgeMs,
    timeoutMs: settings.timeoutMs,
    serializable: settings.serializable,
  })
}

import type { StoreSettings } from '../api/store-options.ts'
import type { IsolationLevel } from '../transaction/isolation.ts'
import type { HistoryLevel } from './history-format.ts'

/** What a store promises to transactions at a level: who aborts on any stale read keeps real time. */
export function promisedLevel(
  isolation: IsolationLevel,
  { serializable }: StoreSettings,
): HistoryLevel {
  return isolation === 'serializable' && serializable === 'occ' ? 'strict-serializable' : isolation
}

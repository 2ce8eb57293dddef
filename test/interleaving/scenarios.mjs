/**
 * Small programs against the kernel, each with what it may lead to. Written in JavaScript, since the
 * seeded faults are run against them by a script, too.
 */
import { anomalies } from './scenarios/anomalies.mjs'
import { conflicts } from './scenarios/conflicts.mjs'
import { judging } from './scenarios/judging.mjs'
import { keys } from './scenarios/keys.mjs'
import { judgedMerges, merges } from './scenarios/merges.mjs'
import { reclamation } from './scenarios/reclamation.mjs'
import { recovery } from './scenarios/recovery.mjs'
import { recycling } from './scenarios/recycling.mjs'
import { judgedRows, rows } from './scenarios/rows.mjs'
import { scans } from './scenarios/scans.mjs'
import { judgedUpdates, updates } from './scenarios/updates.mjs'

export { largeScenarios } from './scenarios/large.mjs'

/** Commits, reads, memory and deaths. */
export const protocolScenarios = [
  ...anomalies,
  ...keys,
  ...reclamation,
  ...recycling,
  ...recovery,
  ...conflicts,
  ...updates,
  ...rows,
  ...merges,
]

/** Transactions with stale reads, and scans. */
export const judgingScenarios = [
  ...judging,
  ...judgedUpdates,
  ...judgedRows,
  ...judgedMerges,
  ...scans,
]

/** Small programs: every schedule with at most three preemptions is run. */
export const scenarios = [...protocolScenarios, ...judgingScenarios]

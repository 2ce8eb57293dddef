/** What an exploration reports. */

/** A schedule that led to what is not allowed. */
export interface Failure {
  /** What is wrong: the outcome is not allowed, the arena is damaged, a thread crashed. */
  readonly reason: string
  /** As `A=ok B=ok a=0 x=1`. */
  readonly outcome: string
  /** For `replay`. */
  readonly schedule: string
  /** Schedules that were run until it was found, this one included. */
  readonly scheduleCount: number
}

/** What was explored, and what was found. */
export interface Exploration {
  readonly scenario: string
  /** Schedules that were run. */
  readonly scheduleCount: number
  /** Those among them in which a thread was ended. */
  readonly deathCount: number
  /** Different states of the protocol at hand-overs, as told by a hash of its words. */
  readonly stateCount: number
  /** Words that two threads access, one of them writing: an access to one of these is a step. */
  readonly sharedWordCount: number
  /** Whether every schedule up to the bound was run. */
  readonly isComplete: boolean
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly failure?: Failure | undefined
  readonly elapsedMs: number
}

/** An exploration in one line, and its failure in more. */
export function describeExploration(exploration: Exploration): string {
  const { scenario, scheduleCount, deathCount, stateCount, isComplete, elapsedMs } = exploration
  const counts = [
    `${scheduleCount} schedules${isComplete ? ', all' : ''}`,
    ...(deathCount > 0 ? [`${deathCount} deaths`] : []),
    `${stateCount} states`,
    `${exploration.sharedWordCount} shared words`,
    `${exploration.outcomes.size} outcomes`,
    `${(elapsedMs / 1000).toFixed(1)} s`,
  ]
  const line = `${scenario}: ${counts.join(', ')}`
  const { failure } = exploration
  if (failure === undefined) return line
  return [
    line,
    `  ${failure.reason}`,
    `  outcome   ${failure.outcome}`,
    `  schedule  ${failure.schedule}`,
    `  found by schedule ${failure.scheduleCount}`,
  ].join('\n')
}

/** What the threads of an exploration know of it before they begin. */
/** What the statements of all threads refer to. */
export interface Plan {
  readonly keys: readonly string[]
  readonly transactionCount: number
  readonly variableCount: number
  /** Pages of the arena. */
  readonly pageCount: number
  /** Whether there are batches. */
  readonly hasRows: boolean
}

/** Where the ticks of the beginnings and ends of transactions lie among the results. */
export function tickIndex(plan: Plan, transaction: number): number {
  return plan.transactionCount + plan.variableCount + 2 * transaction
}

/** What a participant needs of its thread. */
export interface ParticipantSetup {
  /** Transactions that are open at the same time, at most. */
  readonly slotCount: number
  /** Lets others go on until a thread has ended. */
  readonly awaitEnd: (thread: number) => void
  /** Called at the beginning and the end of each transaction. */
  readonly onTick: () => void
}

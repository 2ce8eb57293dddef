import { textOrder } from './text-order.ts'
import type { Observation, SideRun } from './workload.ts'
import { INSERT_COUNT_MAX, INSERTS, insertedRecord, SCAN_FAULTS } from './ycsb-scan.ts'

/**
 * Looks at all records of one side in the order of their keys, while no worker runs. There must be
 * those that were loaded and those whose numbers were given out, each once and under its own key; and
 * every scan must have been right.
 */
export class ScanAudit {
  readonly #run: SideRun
  /** By number behind the loaded ones: 1 where it was given out. */
  readonly #isInserted: Uint8Array
  #lastOrder = -1
  #right = 0
  #wrong = 0

  constructor(run: SideRun) {
    const insertedCount = Atomics.load(run.ledger.ticket, 0)
    this.#run = run
    this.#isInserted = new Uint8Array(INSERT_COUNT_MAX)
    for (let n = 0; n < insertedCount; n++) this.#isInserted[insertedRecord(0, n)] = 1
  }

  /** Takes the next one. @param isKeyOfRecord whether it was found under the key of this record. */
  enter(record: number, isKeyOfRecord: boolean): void {
    const order = textOrder(record)
    const { cellCount } = this.#run
    const isKnown = record < cellCount || this.#isInserted[record - cellCount] === 1
    if (isKeyOfRecord && isKnown && order > this.#lastOrder) this.#right++
    else this.#wrong++
    this.#lastOrder = order
  }

  /** What it has come to, when all were entered. */
  observations(): readonly Observation[] {
    const { cellCount, ledger } = this.#run
    return [
      { expected: cellCount + ledger.total(INSERTS), actual: this.#right },
      { expected: 0, actual: this.#wrong },
      { expected: 0, actual: ledger.total(SCAN_FAULTS) },
    ]
  }
}

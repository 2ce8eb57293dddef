/** Job: transfers between random accounts until the run ends. */

import { attach } from '../../src/index.ts'
import { EnduranceBoard, STAGE_END, STAGE_FIRST, STAGE_HOLD } from '../endurance-board.ts'
import type { Seat } from '../workload.ts'
import { transferBatch } from '../workloads/transfer.ts'

export interface UpdateJobInput {
  readonly board: EnduranceBoard
  readonly seat: Seat
  /** Transactions after which it waits for the end of the first stage. */
  readonly firstStretch: number
}

/** Transactions between two looks at the board. */
const TRANSACTIONS_PER_LOOK = 64

export default function updateJob({ board: given, seat, firstStretch }: UpdateJobInput): void {
  const board = EnduranceBoard.from(given)
  const batch = transferBatch(attach(), 0, seat.cellCount, seat.seed)
  let done = 0
  for (let stage = board.stage; stage !== STAGE_END; stage = board.stage) {
    if (stage === STAGE_HOLD || (stage === STAGE_FIRST && done >= firstStretch)) {
      board.waitWhile(stage)
      continue
    }
    batch(TRANSACTIONS_PER_LOOK)
    done += TRANSACTIONS_PER_LOOK
    board.report(seat.workerIndex, done)
  }
}

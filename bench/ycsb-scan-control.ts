import { count, type Ledger } from './ledger.ts'
import { createBlocks, OrderedBlocks } from './ordered-blocks.ts'
import { nextInTextOrder, textOrder } from './text-order.ts'
import type { Batch, ControlCells, ControlProgram, Observation, Seat, SideRun } from './workload.ts'
import {
  enterScan,
  INSERT_COUNT_MAX,
  INSERTS,
  isWhole,
  SCAN_LENGTH_MAX,
  ScanDraw,
} from './ycsb-scan.ts'
import { ScanAudit } from './ycsb-scan-audit.ts'

/** YCSB's scans by hand: a record is an int32 key, in the order of the texts, and its number. */
export const ycsbScanControl: ControlProgram = {
  create: createRecords,
  batch: controlBatch,
  observe: observeRecords,
}

function createRecords(cellCount: number): ControlCells {
  const records = new Int32Array(cellCount)
  for (let at = 1; at < cellCount; at++) {
    records[at] = nextInTextOrder(records[at - 1] as number, cellCount)
  }
  return createBlocks(records.map(textOrder), records, INSERT_COUNT_MAX)
}

function controlBatch(cells: ControlCells, seat: Seat, ledger: Ledger): Batch {
  const blocks = new OrderedBlocks(cells, seat.cellCount)
  const draw = new ScanDraw(seat, ledger)
  const row = ledger.rowOf(seat.workerIndex)
  const keys = new Int32Array(SCAN_LENGTH_MAX)
  const records = new Float64Array(SCAN_LENGTH_MAX)
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      const key = textOrder(draw.record)
      if (draw.isInsert) {
        blocks.insert(key, draw.record)
        count(row, INSERTS, 1)
      } else {
        const found = blocks.scan(key, draw.length, keys, records)
        const isRight = keys[0] === key && isAscending(keys, found)
        enterScan(row, found, isRight && isWhole(records, found, draw, seat.cellCount))
      }
    }
  }
}

function isAscending(keys: Int32Array, keyCount: number): boolean {
  for (let at = 1; at < keyCount; at++) {
    if ((keys[at - 1] as number) >= (keys[at] as number)) return false
  }
  return true
}

function observeRecords(cells: ControlCells, run: SideRun): readonly Observation[] {
  const blocks = new OrderedBlocks(cells, run.cellCount)
  const audit = new ScanAudit(run)
  blocks.visit((key, record) => audit.enter(record, key === textOrder(record)))
  return audit.observations()
}

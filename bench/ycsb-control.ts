import { count, type Ledger } from './ledger.ts'
import type { Batch, ControlCells, ControlProgram, Seat, SideRun } from './workload.ts'
import { UPDATES, YcsbDraw } from './ycsb.ts'

/**
 * YCSB by hand: a record is one int32 word. A transaction of one operation needs no lock: a read is
 * an atomic load; an update counts the word up, which costs what an atomic store does.
 */
export function ycsbControl(updateShare: number): ControlProgram {
  return {
    create: createCounters,
    batch: (cells, seat, ledger) => controlBatch(cells, seat, ledger, updateShare),
    observe: (cells, run) => [observeCounters(cells, run)],
  }
}

function createCounters(cellCount: number): ControlCells {
  const byteLength = cellCount * Int32Array.BYTES_PER_ELEMENT
  return { words: new Int32Array(new SharedArrayBuffer(byteLength)), strideShift: 0 }
}

function observeCounters({ words }: ControlCells, { ledger }: SideRun) {
  return { expected: ledger.total(UPDATES), actual: words.reduce((sum, word) => sum + word, 0) }
}

function controlBatch(
  { words }: ControlCells,
  seat: Seat,
  ledger: Ledger,
  updateShare: number,
): Batch {
  const draw = new YcsbDraw(seat, updateShare)
  const row = ledger.rowOf(seat.workerIndex)
  let seen = 0
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      if (draw.isUpdate) {
        Atomics.add(words, draw.key, 1)
        count(row, UPDATES, 1)
      } else {
        seen = (seen + Atomics.load(words, draw.key)) | 0
      }
    }
  }
}

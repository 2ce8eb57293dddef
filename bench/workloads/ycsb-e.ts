import type { Key, Store, Transaction } from '../../src/index.ts'
import { accountKey, loadAccounts } from '../accounts.ts'
import { count, type Ledger } from '../ledger.ts'
import type { Batch, Observation, Seat, SideRun, ThroughputWorkload } from '../workload.ts'
import {
  enterScan,
  INSERTS,
  isWhole,
  SCAN_LENGTH_MAX,
  SCANNED_KEYS,
  SCANS,
  ScanDraw,
} from '../ycsb-scan.ts'
import { ScanAudit } from '../ycsb-scan-audit.ts'
import { ycsbScanControl } from '../ycsb-scan-control.ts'

/** Room for all records that can be inserted. */
const ARENA_BYTES_MIN = 2 ** 31

/**
 * YCSB's workload of short ranges: 95% scan 1 to 100 records from a loaded one, the popular ones most
 * often; 5% insert a record. Keys are strings that are built anew, as in `ycsb-d`. A scan takes keys
 * and values, by `scanInto`.
 */
export const ycsbE: ThroughputWorkload = {
  kind: 'throughput',
  name: 'ycsb-e',
  description: 'YCSB E: 95% scans of up to 100 records, 5% inserts; zipfian, by string key',
  defaults: { cellCount: 1_000_000, workerCounts: [1, 2], arenaBytesMin: ARENA_BYTES_MIN },
  prepare: (store, cellCount) => loadAccounts(store, cellCount, (record) => record),
  subject: subjectBatch,
  control: ycsbScanControl,
  observe: observeRecords,
  figures: ({ ledger }) => ({
    inserts: ledger.total(INSERTS),
    scans: ledger.total(SCANS),
    scannedKeys: ledger.total(SCANNED_KEYS),
  }),
  perTransaction: ({ ledger }) => {
    const transactionCount = ledger.total(SCANS) + ledger.total(INSERTS)
    return {
      scans: ledger.total(SCANS) / transactionCount,
      scannedKeys: ledger.total(SCANNED_KEYS) / transactionCount,
    }
  },
}

function subjectBatch(store: Store, seat: Seat, ledger: Ledger): Batch {
  const draw = new ScanDraw(seat, ledger)
  const row = ledger.rowOf(seat.workerIndex)
  const records = new Float64Array(SCAN_LENGTH_MAX)
  const keys: Key[] = []
  let key = ''
  const scanning = (tx: Transaction): number => {
    return tx.scanInto({ gte: key, limit: draw.length }, records, keys)
  }
  const inserting = (tx: Transaction): void => tx.set(key, draw.record)
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      key = accountKey(draw.record)
      if (draw.isInsert) {
        store.transact(inserting)
        count(row, INSERTS, 1)
      } else {
        const found = store.transact(scanning)
        const isRight = keys[0] === key && isAscending(keys)
        enterScan(row, found, isRight && isWhole(records, found, draw, seat.cellCount))
      }
    }
  }
}

function isAscending(keys: readonly Key[]): boolean {
  for (let at = 1; at < keys.length; at++) {
    if (!((keys[at - 1] as Key) < (keys[at] as Key))) return false
  }
  return true
}

/** Looks at the whole store, in one snapshot. */
function observeRecords(store: Store, run: SideRun): readonly Observation[] {
  return store.transact(
    (tx) => {
      const audit = new ScanAudit(run)
      for (const [key, value] of tx.scan()) {
        const record = value as number
        audit.enter(record, key === accountKey(record))
      }
      return audit.observations()
    },
    { readOnly: true },
  )
}

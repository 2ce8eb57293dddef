import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Float64, type RecordBatch, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import type { Khonsu } from 'khonsu'
import { onTestFinished } from 'vitest'
import { contentsOf } from './arrow-data.ts'

const FLOAT = new Float64()
const TEXT = new Utf8()

/** An empty folder, which is removed when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'khonsu-ipc-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A table of some batches with so many rows each: the column `n` counts on, `name` says it. */
export function numbered(batchCount: number, rowCount: number): Table {
  const chunks = Array.from({ length: batchCount }, (_, batch) => {
    const numbers = Array.from({ length: rowCount }, (_, row) => batch * rowCount + row)
    const names = numbers.map((n) => `row ${n}`)
    return { n: vectorFromArray(numbers, FLOAT), name: vectorFromArray(names, TEXT) }
  })
  return new Table(chunks.flatMap((columns) => new Table(columns).batches))
}

/** Bytes of Arrow IPC, in memory that begins with them. */
export function ipcOf(table: Table, format: 'stream' | 'file'): Uint8Array {
  return tableToIPC(table, format).slice()
}

/** The values of the batch of a key, column by column; undefined when it has none. */
export function valuesUnder(khonsu: Khonsu, key: string): unknown[] | undefined {
  const batch = khonsu.transact((tx) => tx.copy(key))
  return batch === undefined ? undefined : contentsOf(batch)
}

/** The values of a table, column by column. */
export function valuesOf(table: Table): unknown[] {
  return contentsOf(new Table(table.batches) as unknown as RecordBatch)
}

/** Bytes in pieces of a length. */
export async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

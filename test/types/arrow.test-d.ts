import type { PassThrough } from 'node:stream'
import type { Khonsu, Store } from 'khonsu'
import { exportIpc, type IpcProgress, importIpc, ipcBytes } from 'khonsu/arrow'
import { expectTypeOf, test } from 'vitest'

declare const khonsu: Khonsu
declare const store: Store
declare const stream: PassThrough
declare const pieces: AsyncIterable<Buffer>

test('imports take paths, URLs, bytes and streams', () => {
  expectTypeOf(importIpc(khonsu, 'key', 'path')).resolves.toEqualTypeOf<IpcProgress>()
  importIpc(store, ['key', 1], new URL('file:///path'), { replace: true, openEnd: true })
  importIpc(store, 1, new Uint8Array(0), { widen: true, format: 'file' })
  importIpc(store, 'key', stream, {
    signal: AbortSignal.timeout(1),
    onProgress: ({ rows }) => rows,
  })
  importIpc(store, 'key', pieces)
  // @ts-expect-error bytes are no list of numbers
  importIpc(store, 'key', [1, 2, 3])
  // @ts-expect-error there is no such format
  importIpc(store, 'key', 'path', { format: 'feather' })
})

test('exports take paths, URLs and streams', () => {
  expectTypeOf(exportIpc(khonsu, 'key', 'path')).resolves.toEqualTypeOf<IpcProgress>()
  exportIpc(store, 'key', stream, { rowsPerBatch: 1_000, end: false })
  expectTypeOf(ipcBytes(store, 'key', { format: 'stream' })).toEqualTypeOf<Uint8Array>()
  // @ts-expect-error what is there already cannot be written to
  exportIpc(store, 'key', new Uint8Array(0))
})

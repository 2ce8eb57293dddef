import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import {
  DataType,
  Dictionary,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Table,
  tableFromArrays,
  tableFromIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { table as arqueroTable, fromArrow, toArrowIPC } from 'arquero'
import { exportIpc, type IpcProgress, importIpc, ipcBytes } from 'khonsu/arrow'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentsOf, randomBatch } from '../../support/arrow-data.ts'
import { ALL_TYPES } from '../../support/arrow-types.ts'
import {
  inPieces,
  ipcOf,
  numbered,
  temporaryFolder,
  valuesOf,
  valuesUnder,
} from '../../support/ipc.ts'
import { randomFrom } from '../../support/random.ts'
import { MIB, openStore } from '../../support/store.ts'
import { rejectionOf } from '../../support/thrown.ts'

const FORMATS = ['stream', 'file'] as const

/** apache-arrow cannot write dictionaries of dictionaries. */
const TYPES = ALL_TYPES.filter((type) => {
  return !(DataType.isDictionary(type) && DataType.isDictionary(type.dictionary))
})

function collected(): { target: Writable; bytes: () => Buffer } {
  const pieces: Buffer[] = []
  const target = new Writable({
    write(piece: Buffer, _, done) {
      pieces.push(piece)
      setImmediate(done)
    },
  })
  return { target, bytes: () => Buffer.concat(pieces) }
}

describe.each(FORMATS)('a %s', (format) => {
  it('keeps the metadata of a batch', async () => {
    const khonsu = await openStore()
    const batch = numbered(1, 5).batches[0] as RecordBatch
    batch.metadata.set('source', 'sensor')
    khonsu.transact((tx) => tx.set('out', batch))
    await importIpc(khonsu, 'in', await ipcBytes(khonsu, 'out', { format }))
    const copy = khonsu.transact((tx) => tx.copy('in')) as RecordBatch
    expect([...copy.metadata]).toEqual([['source', 'sensor']])
  })

  it('is imported from bytes, from a path, a URL and from pieces of any length', async () => {
    const khonsu = await openStore()
    const table = numbered(3, 50)
    const bytes = ipcOf(table, format)
    const path = join(temporaryFolder(), 'numbers.arrow')
    writeFileSync(path, bytes)
    const unaligned = new Uint8Array(bytes.length + 1).subarray(1)
    unaligned.set(bytes)
    const sources = [
      bytes,
      unaligned,
      path,
      pathToFileURL(path),
      Readable.from([Buffer.from(bytes)]),
      inPieces(bytes, 1),
      inPieces(bytes, 7),
      inPieces(bytes, 1000),
    ]
    for (const [i, source] of sources.entries()) {
      const { rows, batches, bytes: read } = await importIpc(khonsu, `${i}`, source)
      expect({ rows, batches }).toEqual({ rows: 150, batches: 3 })
      expect(read).toBeLessThanOrEqual(bytes.length)
      expect(valuesUnder(khonsu, `${i}`)).toEqual(valuesOf(table))
    }
  })

  it('adds its rows to those that are there, or replaces them', async () => {
    const khonsu = await openStore()
    const bytes = ipcOf(numbered(2, 10), format)
    await importIpc(khonsu, 'numbers', bytes)
    await importIpc(khonsu, 'numbers', bytes)
    expect(khonsu.transact((tx) => tx.get('numbers') as RecordBatch).numRows).toBe(40)
    await importIpc(khonsu, 'numbers', bytes, { replace: true })
    expect(valuesUnder(khonsu, 'numbers')).toEqual(valuesOf(numbered(2, 10)))
  })

  it('may have a schema and no rows', async () => {
    const khonsu = await openStore()
    for (const table of [new Table(numbered(1, 1).schema), numbered(1, 1).slice(0, 0)]) {
      for (const replace of [false, true]) {
        khonsu.transact((tx) => tx.delete('empty'))
        const { rows } = await importIpc(khonsu, 'empty', ipcOf(table, format), { replace })
        expect(rows).toBe(0)
        const batch = khonsu.transact((tx) => tx.copy('empty'))
        expect(batch?.schema.names).toEqual(['n', 'name'])
        expect(batch?.numRows).toBe(0)
      }
    }
    expect(tableFromIPC(ipcBytes(khonsu, 'empty', { format })).schema.names).toEqual(['n', 'name'])
  })

  it('brings every type back as it was', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const batch = randomBatch(TYPES, 200, randomFrom(53))
    khonsu.transact((tx) => tx.set('batch', batch))
    const { target, bytes } = collected()
    await exportIpc(khonsu, 'batch', target, { format })
    await importIpc(khonsu, 'again', inPieces(bytes(), 100_000))
    expect(valuesUnder(khonsu, 'again')).toEqual(contentsOf(batch))
    expect(Buffer.from(ipcBytes(khonsu, 'batch', { format }))).toEqual(bytes())
  })

  it('is written in parts of so many rows', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const batch = randomBatch(TYPES, 100, randomFrom(54))
    khonsu.transact((tx) => tx.set('batch', batch))
    const { target, bytes } = collected()
    const seen: IpcProgress[] = []
    const onProgress = (progress: IpcProgress): void => {
      seen.push(progress)
    }
    const done = await exportIpc(khonsu, 'batch', target, { format, rowsPerBatch: 33, onProgress })
    expect(done).toEqual({ rows: 100, batches: 4, bytes: bytes().length })
    expect(seen.map(({ rows }) => rows)).toEqual([33, 66, 99, 100, 100])
    await importIpc(khonsu, 'again', bytes())
    expect(valuesUnder(khonsu, 'again')).toEqual(contentsOf(batch))
  })

  it('has dictionaries of each column, whatever their numbers were', async () => {
    const khonsu = await openStore()
    const type = new Dictionary(new Utf8(), new Int32(), 0)
    const first = new Table({ one: vectorFromArray(['a', 'b', 'a'], type) })
    const other = new Table({ two: vectorFromArray(['x', 'y', 'x'], type) })
    khonsu.transact((tx) => {
      tx.set('both', first.assign(other))
      tx.append('both', first.assign(other))
    })
    khonsu.transact((tx) => tx.append('both', first.assign(other)))
    const bytes = ipcBytes(khonsu, 'both', { format })
    expect(valuesOf(tableFromIPC(bytes))).toEqual([
      ['one', ['a', 'b', 'a', 'a', 'b', 'a', 'a', 'b', 'a']],
      ['two', ['x', 'y', 'x', 'x', 'y', 'x', 'x', 'y', 'x']],
    ])
    await importIpc(khonsu, 'again', bytes)
    expect(valuesUnder(khonsu, 'again')).toEqual(valuesUnder(khonsu, 'both'))
  })
})

describe('an import', () => {
  it('says how far it has come, after each commit', async () => {
    const khonsu = await openStore()
    const seen: [IpcProgress, number][] = []
    const done = await importIpc(khonsu, 'numbers', ipcOf(numbered(3, 20), 'stream'), {
      onProgress: (progress) => {
        seen.push([progress, khonsu.transact((tx) => tx.copy('numbers')?.numRows ?? 0)])
      },
    })
    expect(seen.map(([{ rows, batches }, there]) => [rows, batches, there])).toEqual([
      [20, 1, 20],
      [40, 2, 40],
      [60, 3, 60],
    ])
    expect(seen.at(-1)?.[0]).toEqual(done)
    const bytes = seen.map(([progress]) => progress.bytes)
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b))
  })

  it('asks for no more bytes than it can commit', async () => {
    const khonsu = await openStore()
    const bytes = ipcOf(numbered(20, 1000), 'stream')
    let given = 0
    let committed = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(bytes, 1024)) {
        // No more than the message that is being read lies between what was given and committed.
        expect(given - committed).toBeLessThan(bytes.length / 10)
        given += piece.length
        yield piece
      }
    }
    await importIpc(khonsu, 'numbers', source(), {
      onProgress: (progress) => {
        committed = progress.bytes
      },
    })
    expect(committed).toBeGreaterThan(bytes.length - 1024)
  })

  it('closes the stream that it has read', async () => {
    const khonsu = await openStore()
    const stream = Readable.from(inPieces(ipcOf(numbered(1, 3), 'stream'), 100))
    await importIpc(khonsu, 'numbers', stream)
    expect(stream.destroyed).toBe(true)
  })

  it('refuses rows of another schema, and keeps what is there', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('n', tableFromArrays({ n: Float64Array.of(1) })))
    const bytes = ipcOf(tableFromArrays({ n: Float32Array.of(2) }), 'stream')
    const error = await rejectionOf(importIpc(khonsu, 'n', bytes))
    expect(error).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path: '$.n' })
    expect(valuesUnder(khonsu, 'n')).toEqual([['n', [1]]])
  })
})

describe('an export', () => {
  it('writes one version, whatever others commit meanwhile', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('numbers', numbered(1, 100)))
    const { target, bytes } = collected()
    await exportIpc(khonsu, 'numbers', target, {
      rowsPerBatch: 10,
      onProgress: () => {
        khonsu.transact((tx) => tx.set('numbers', tableFromArrays({ other: [1, 2, 3] })))
      },
    })
    expect(valuesOf(tableFromIPC(bytes()))).toEqual(valuesOf(numbered(1, 100)))
    expect(khonsu.stats().pins).toBe(0)
  })

  it('of rows that were added, and in a store that poisons, is right', async () => {
    const khonsu = await openStore({ poison: true })
    for (let i = 0; i < 5; i++) khonsu.transact((tx) => tx.append('numbers', numbered(1, 10)))
    const path = join(temporaryFolder(), 'numbers.arrow')
    await exportIpc(khonsu, 'numbers', path, { rowsPerBatch: 7 })
    const written = tableFromIPC(readFileSync(path))
    expect(valuesOf(written)).toEqual(valuesUnder(khonsu, 'numbers'))
    expect(written.batches).toHaveLength(8)
  })

  it('makes a file of a path, unless its name says that it is a stream', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('numbers', numbered(1, 3)))
    const folder = temporaryFolder()
    for (const [name, start] of [
      ['numbers.arrow', 'ARROW1'],
      ['numbers.arrows', '\xff\xff\xff\xff'],
    ] as const) {
      const url = pathToFileURL(join(folder, name))
      await exportIpc(khonsu, 'numbers', url)
      expect(readFileSync(url).toString('latin1').startsWith(start)).toBe(true)
      expect(valuesOf(tableFromIPC(readFileSync(url)))).toEqual(valuesOf(numbered(1, 3)))
    }
  })

  it('leaves a stream open that is to go on', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('numbers', numbered(1, 3)))
    const { target, bytes } = collected()
    await exportIpc(khonsu, 'numbers', target, { end: false })
    expect(target.writableEnded).toBe(false)
    const length = bytes().length
    target.end('more')
    expect(length).toBe(ipcBytes(khonsu, 'numbers').length)
  })
})

it('a batch of a transaction can be exported by hand, too', async () => {
  const khonsu = await openStore()
  khonsu.transact((tx) => tx.set('numbers', numbered(1, 3)))
  const bytes = khonsu.transact((tx) => ipcOf(tx.table('numbers') as Table, 'stream'))
  expect(tableFromIPC(bytes).batches[0]).toBeInstanceOf(RecordBatch)
})

describe('other programs', () => {
  it('get a batch over HTTP, and give one', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('numbers', numbered(1, 5_000)))
    const server = createServer((_, response) => {
      exportIpc(khonsu, 'numbers', response, { rowsPerBatch: 1_000 }).catch(() => undefined)
    })
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const { body } = await fetch(`http://127.0.0.1:${port}/`)
    const { batches } = await importIpc(khonsu, 'again', body as AsyncIterable<Uint8Array>)
    expect(batches).toBe(5)
    expect(valuesUnder(khonsu, 'again')).toEqual(valuesUnder(khonsu, 'numbers'))
  })

  it.each(FORMATS)('with Arrow of their own write a %s that can be imported', async (format) => {
    const khonsu = await openStore()
    const theirs = arqueroTable({ n: Float64Array.of(1, 2, 3), text: ['a', 'b', null] })
    await importIpc(khonsu, 'theirs', toArrowIPC(theirs, { format }) as Uint8Array, { format })
    expect(valuesUnder(khonsu, 'theirs')).toEqual([
      ['n', [1, 2, 3]],
      ['text', ['a', 'b', null]],
    ])
    const back = fromArrow(ipcBytes(khonsu, 'theirs', { format }))
    expect(back.objects()).toEqual(theirs.objects())
  })
})

describe('dictionaries that change within a stream', () => {
  const type = new Dictionary(new Utf8(), new Int32(), 5)
  const batches = [
    ['a', 'b'],
    ['b', 'c', 'a'],
  ].map((texts) => new Table({ d: vectorFromArray(texts, type) }).batches[0] as RecordBatch)

  it.each([false, true])('are those of their batches, with replace: %s', async (replace) => {
    const khonsu = await openStore()
    const bytes = RecordBatchStreamWriter.writeAll(batches).toUint8Array(true)
    await importIpc(khonsu, 'words', bytes, { replace })
    expect(valuesUnder(khonsu, 'words')).toEqual([['d', ['a', 'b', 'b', 'c', 'a']]])
    const again = tableFromIPC(ipcBytes(khonsu, 'words', { format: 'file' }))
    expect(valuesOf(again)).toEqual(valuesUnder(khonsu, 'words'))
  })

  it('may grow', async () => {
    const khonsu = await openStore()
    const [first, second] = ['x', 'y'].map((text) => vectorFromArray([text], new Utf8()))
    const grown = first?.concat(second as Vector) as Vector
    const grow = (dictionary: Vector, indices: number[]): RecordBatch => {
      const data = makeData({
        type,
        length: indices.length,
        data: Int32Array.from(indices),
        dictionary,
      })
      return new Table({ d: new Vector([data]) }).batches[0] as RecordBatch
    }
    const writer = new RecordBatchStreamWriter()
    writer.write(grow(first as Vector, [0, 0]))
    writer.write(grow(grown, [1, 0]))
    writer.finish()
    await importIpc(khonsu, 'words', writer.toUint8Array(true))
    expect(valuesUnder(khonsu, 'words')).toEqual([['d', ['x', 'x', 'y', 'x']]])
  })
})

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import {
  type Codec,
  CompressionType,
  compressionRegistry,
  DataType,
  Table,
  tableFromIPC,
  tableToIPC,
} from 'apache-arrow'
import { ArenaFullError, InvalidOptionError, IpcError, KhonsuError } from 'khonsu'
import { exportIpc, importIpc, ipcBytes } from 'khonsu/arrow'
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
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const FORMATS = ['stream', 'file'] as const
const STEP = 97

/** apache-arrow cannot write dictionaries of dictionaries, and not all parts of views. */
const PLAIN_TYPES = ALL_TYPES.filter((type) => {
  return !(DataType.isDictionary(type) && DataType.isDictionary(type.dictionary)) && !hasViews(type)
})

function hasViews(type: DataType): boolean {
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) return true
  return type.children?.some((child) => hasViews(child.type)) ?? false
}

/** Stands in for a codec: what it makes is shorter, and no other decoder understands it. */
const CODEC = { encode: deflateRawSync, decode: inflateRawSync }
const NO_CODEC = {}

function compressed(table: Table, format: 'stream' | 'file'): Uint8Array {
  // The registry tries a codec before it takes it, by the first bytes of what it makes.
  const known = compressionRegistry.get(CompressionType.ZSTD)
  codecs()[CompressionType.ZSTD] = CODEC
  try {
    return tableToIPC(table, format, CompressionType.ZSTD)
  } finally {
    codecs()[CompressionType.ZSTD] = known ?? NO_CODEC
  }
}

function codecs(): Record<number, Codec> {
  return (compressionRegistry as unknown as { registry: Record<number, Codec> }).registry
}

describe.each(FORMATS)('a %s', (format) => {
  it(`that is cut off, at every ${STEP}th byte, is a typed error`, async () => {
    const khonsu = await openStore()
    const table = numbered(3, 40)
    const bytes = ipcOf(table, format)
    khonsu.transact((tx) => tx.set('replaced', table))
    for (let length = 0; length < bytes.length; length += STEP) {
      const key = `cut ${length}`
      const cut = bytes.subarray(0, length)
      const source = length % 2 === 0 ? cut : inPieces(cut, 50)
      const error = await rejectionOf(importIpc(khonsu, key, source))
      expect(error, key).toBeInstanceOf(IpcError)
      expect(error, key).toMatchObject({ code: 'KHONSU_IPC_TRUNCATED', fault: 'truncated' })
      // Whole batches, and as many rows of them as the error says.
      const { rows } = error as IpcError
      expect(rows % 40).toBe(0)
      const expected = rows === 0 ? undefined : valuesOf(table.slice(0, rows))
      expect(valuesUnder(khonsu, key), key).toEqual(expected)
      await rejectionOf(importIpc(khonsu, 'replaced', cut, { replace: true }))
    }
    expect(valuesUnder(khonsu, 'replaced')).toEqual(valuesOf(table))
  })

  it('in which bytes are wrong is a typed error, or some batch', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const random = randomFrom(77)
    let refused = 0
    for (let round = 0; round < 3_000; round++) {
      const types = Array.from({ length: 4 }, () => PLAIN_TYPES[random() % PLAIN_TYPES.length])
      const batch = randomBatch([...new Set(types as DataType[])], 20, random)
      const damaged = ipcOf(new Table([batch]), format)
      // Most of what can go wrong is at the beginning.
      const at = random() % Math.min(damaged.length, round % 2 === 0 ? damaged.length : 1_500)
      for (let i = at; i < Math.min(damaged.length, at + 1 + (round % 4)); i++) {
        damaged[i] = round % 3 === 0 ? 0xff : random() & 0xff
      }
      khonsu.transact((tx) => tx.delete('damaged'))
      try {
        await importIpc(khonsu, 'damaged', damaged, { replace: true })
        khonsu.transact((tx) => tx.copy('damaged'))
      } catch (error) {
        expect(error, `round ${round}, byte ${at} of ${types}`).toBeInstanceOf(KhonsuError)
        expect(khonsu.transact((tx) => tx.has('damaged'))).toBe(false)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1_000)
  })

  it('is not taken for the other', async () => {
    const khonsu = await openStore()
    const other = format === 'file' ? 'stream' : 'file'
    const importing = importIpc(khonsu, 'key', ipcOf(numbered(1, 1), format), { format: other })
    expect(await rejectionOf(importing)).toMatchObject({ code: 'KHONSU_IPC_FOREIGN' })
  })
})

describe('what is no Arrow IPC', () => {
  it.each(['{"rows": []}', 'PAR1 and more', 'FEA1 and more'])('%j is refused', async (text) => {
    const khonsu = await openStore()
    const error = await rejectionOf(importIpc(khonsu, 'key', Buffer.from(text.padEnd(100))))
    expect(error).toBeInstanceOf(IpcError)
    expect(['foreign', 'truncated']).toContain((error as IpcError).fault)
    expect(khonsu.transact((tx) => tx.has('key'))).toBe(false)
  })

  it('is refused with the name of the file, or with what is wrong with the call', async () => {
    const khonsu = await openStore()
    const path = join(temporaryFolder(), 'none.arrow')
    const missing = await rejectionOf(importIpc(khonsu, 'key', path))
    expect(missing).toMatchObject({ code: 'KHONSU_IPC_UNREADABLE', place: path })
    expect(missing).toMatchObject({ cause: { code: 'ENOENT' } })
    for (const call of [
      () => importIpc(khonsu, 'key', 17 as never),
      () => importIpc(khonsu, 'key', [] as never),
      () => importIpc(khonsu, 'key', path, { replaces: true } as never),
      () => importIpc(khonsu, 'key', path, { format: 'feather' } as never),
      () => exportIpc(khonsu, 'key', {} as never),
      () => exportIpc(khonsu, 'key', path, { rowsPerBatch: 0 }),
    ]) {
      expect(await rejectionOf(call())).toBeInstanceOf(InvalidOptionError)
    }
  })
})

describe.each(FORMATS)('a compressed %s', (format) => {
  it('is refused as long as apache-arrow has no decoder for it', async () => {
    const khonsu = await openStore()
    const bytes = compressed(numbered(2, 200), format)
    const error = await rejectionOf(importIpc(khonsu, 'key', bytes))
    expect(error).toMatchObject({ code: 'KHONSU_IPC_UNSUPPORTED', rows: 0 })
    expect(String(error)).toContain('ZSTD')
  })

  it('is read with the decoder that apache-arrow was given', async () => {
    const khonsu = await openStore()
    const batch = randomBatch(PLAIN_TYPES, 50, randomFrom(91))
    const bytes = compressed(new Table([batch]), format)
    codecs()[CompressionType.ZSTD] = CODEC
    onTestFinished(() => {
      codecs()[CompressionType.ZSTD] = NO_CODEC
    })
    await importIpc(khonsu, 'key', bytes)
    expect(valuesUnder(khonsu, 'key')).toEqual(contentsOf(batch))
    const decode = (): never => {
      throw new Error('no sound data')
    }
    codecs()[CompressionType.ZSTD] = { decode }
    const error = await rejectionOf(importIpc(khonsu, 'key', bytes))
    expect(error).toMatchObject({ code: 'KHONSU_IPC_DAMAGED' })
  })
})

describe('a stream without its end mark', () => {
  it('is refused unless that is said to be right', async () => {
    const khonsu = await openStore()
    const bytes = ipcOf(numbered(2, 5), 'stream').slice(0, -8)
    const error = await rejectionOf(importIpc(khonsu, 'key', bytes))
    expect(error).toMatchObject({ fault: 'truncated', rows: 10 })
    expect(String(error)).toContain('10 rows were added before')
    await importIpc(khonsu, 'key', bytes, { openEnd: true, replace: true })
    expect(valuesUnder(khonsu, 'key')).toEqual(valuesOf(numbered(2, 5)))
  })
})

describe('an import that is ended', () => {
  it('throws the reason, and keeps the batches before', async () => {
    const khonsu = await openStore()
    const controller = new AbortController()
    const reason = new Error('enough')
    const stream = Readable.from(inPieces(ipcOf(numbered(4, 10), 'stream'), 64))
    const importing = importIpc(khonsu, 'key', stream, {
      signal: controller.signal,
      onProgress: ({ batches }) => {
        if (batches === 2) controller.abort(reason)
      },
    })
    expect(await rejectionOf(importing)).toBe(reason)
    expect(stream.destroyed).toBe(true)
    expect(valuesUnder(khonsu, 'key')).toEqual(valuesOf(numbered(2, 10)))
  })

  it('does not wait for a stream that gives nothing', async () => {
    const khonsu = await openStore()
    const bytes = ipcOf(numbered(1, 10), 'stream')
    const stream = new PassThrough()
    stream.write(bytes.subarray(0, bytes.length / 2))
    const signal = AbortSignal.timeout(50)
    const importing = importIpc(khonsu, 'key', stream, { signal, replace: true })
    expect(await rejectionOf(importing)).toMatchObject({ name: 'TimeoutError' })
    expect(stream.destroyed).toBe(true)
    expect(khonsu.transact((tx) => tx.has('key'))).toBe(false)
    const before = await rejectionOf(importIpc(khonsu, 'key', bytes, { signal }))
    expect(before).toBe(signal.reason)
  })

  it('by a failing stream tells what it failed with', async () => {
    const khonsu = await openStore()
    const bytes = ipcOf(numbered(2, 10), 'stream')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, bytes.length - 100)
      throw new RangeError('the line is dead')
    }
    const error = await rejectionOf(importIpc(khonsu, 'key', failing()))
    expect(error).toMatchObject({ code: 'KHONSU_IPC_UNREADABLE', rows: 10 })
    expect(error).toMatchObject({ cause: expect.any(RangeError) })
    const texts = Readable.from(['text'], { objectMode: true })
    expect(await rejectionOf(importIpc(khonsu, 'text', texts))).toBeInstanceOf(Error)
  })

  it('by a full store keeps what was added', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    const bytes = ipcOf(numbered(40, 10_000), 'stream')
    let last = 0
    const importing = importIpc(khonsu, 'key', bytes, {
      onProgress: ({ rows }) => {
        last = rows
      },
    })
    expect(await rejectionOf(importing)).toBeInstanceOf(ArenaFullError)
    expect(last).toBeGreaterThan(0)
    expect(khonsu.transact((tx) => tx.table('key')?.numRows)).toBe(last)
  })
})

describe('an export that fails', () => {
  it('when there is nothing to export leaves no file', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('number', 1))
    const folder = temporaryFolder()
    const path = join(folder, 'out.arrow')
    const missing = await rejectionOf(exportIpc(khonsu, 'nothing', path))
    expect(missing).toMatchObject({ code: 'KHONSU_IPC_MISSING' })
    expect(String(missing)).toContain('"nothing"')
    const number = await rejectionOf(exportIpc(khonsu, 'number', path))
    expect(number).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE' })
    expect(readdirSync(folder)).toEqual([])
    expect(thrownBy(() => ipcBytes(khonsu, 'nothing'))).toMatchObject({ fault: 'missing' })
    expect(khonsu.stats().pins).toBe(0)
  })

  it('in the middle leaves the old file, and nothing beside it', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', numbered(1, 100)))
    const folder = temporaryFolder()
    const path = join(folder, 'out.arrow')
    writeFileSync(path, 'old')
    const controller = new AbortController()
    const reason = new Error('enough')
    const beside: string[][] = []
    const exporting = exportIpc(khonsu, 'key', path, {
      signal: controller.signal,
      rowsPerBatch: 10,
      onProgress: ({ rows }) => {
        beside.push(readdirSync(folder))
        if (rows === 50) controller.abort(reason)
      },
    })
    expect(await rejectionOf(exporting)).toBe(reason)
    expect(beside[0]).toHaveLength(2)
    expect(readdirSync(folder)).toEqual(['out.arrow'])
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(khonsu.stats().pins).toBe(0)
  })

  it('because the folder is not there, or the name is that of a folder, says so', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', numbered(1, 3)))
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sub'))
    for (const [path, code] of [
      [join(folder, 'missing', 'out.arrow'), 'ENOENT'],
      [join(folder, 'sub'), 'EISDIR'],
    ] as const) {
      const error = await rejectionOf(exportIpc(khonsu, 'key', path))
      expect(error).toMatchObject({ code: 'KHONSU_IPC_UNWRITABLE', place: path, cause: { code } })
    }
    expect(readdirSync(folder)).toEqual(['sub'])
  })

  it.skipIf(!existsSync('/dev/full'))('because the disk is full says so', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', numbered(1, 1000)))
    const error = await rejectionOf(exportIpc(khonsu, 'key', '/dev/full'))
    expect(error).toMatchObject({ code: 'KHONSU_IPC_UNWRITABLE', cause: { code: 'ENOSPC' } })
    expect(statSync('/dev/full').isFile()).toBe(false)
    expect(khonsu.stats().pins).toBe(0)
  })

  it('destroys the stream that it wrote to, and gives its error', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', numbered(1, 1000)))
    const failing = new Writable({ write: (_, __, done) => done(new RangeError('no more')) })
    expect(await rejectionOf(exportIpc(khonsu, 'key', failing))).toBeInstanceOf(RangeError)
    expect(failing.destroyed).toBe(true)
    const stuck = new Writable({ write: () => undefined, highWaterMark: 1 })
    const signal = AbortSignal.timeout(50)
    const exporting = exportIpc(khonsu, 'key', stuck, { signal, rowsPerBatch: 10 })
    expect(await rejectionOf(exporting)).toBe(signal.reason)
    expect(stuck.destroyed).toBe(true)
    expect(khonsu.stats().pins).toBe(0)
  })

  it('because it takes too long says that the pin was lost', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: 50 })
    khonsu.transact((tx) => tx.set('key', numbered(1, 1000)))
    const slow = new Writable({
      write: (_, __, done) => void setTimeout(done, 60),
      highWaterMark: 1,
    })
    const exporting = exportIpc(khonsu, 'key', slow, { rowsPerBatch: 50 })
    expect(await rejectionOf(exporting)).toMatchObject({
      code: 'KHONSU_PIN_RELEASED',
      tooOld: true,
    })
  })

  it('or not, keeps what a link points to a file, and its permissions', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', numbered(1, 3)))
    const folder = temporaryFolder()
    const path = join(folder, 'out.arrow')
    const link = join(folder, 'link.arrow')
    writeFileSync(path, 'old')
    chmodSync(path, 0o640)
    symlinkSync(path, link)
    await exportIpc(khonsu, 'key', link)
    expect(readdirSync(folder).sort()).toEqual(['link.arrow', 'out.arrow'])
    expect(valuesOf(tableFromIPC(readFileSync(path)))).toEqual(valuesOf(numbered(1, 3)))
    expect(statSync(path).mode & 0o777).toBe(0o640)
  })
})

import { randomBytes } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IpcError } from '../errors/ipc-errors.ts'

/**
 * Writes a file completely or not at all: readers see the old one or the new one, also after the machine has
 * failed. It is written beside its place, under a name that ends in `.partial`, which is left behind only if
 * this process dies. What is no file, such as a pipe, is written directly.
 *
 * @throws what the system or the pieces throw.
 */
export async function replaceFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const old = await stat(path).catch(() => undefined)
  if (old !== undefined && !old.isFile()) await writeAll(await open(path, 'w'), pieces)
  else await writeBeside(old === undefined ? path : await realpath(path), old?.mode, pieces)
}

/** As `replaceFile`. @throws {IpcError} when the system refuses; what the pieces throw, as it is. */
export async function replaceIpcFile(
  target: string | URL,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = target instanceof URL ? fileURLToPath(target) : target
  try {
    await replaceFile(path, pieces)
  } catch (cause) {
    if (!isOfSystem(cause)) throw cause
    throw unwritable(path, cause)
  }
}

/** What the system has against it, as an error. */
export function unwritable(place: string, cause: Error): IpcError {
  const why = `it cannot be written: ${cause.message}`
  return new IpcError({ fault: 'unwritable', place, why }, { cause })
}

/** Whether an error is one of the system. */
export function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}

async function writeBeside(
  path: string,
  mode: number | undefined,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.partial`
  const file = await open(partial, 'wx', mode)
  try {
    await writeAll(file, pieces)
    await rename(partial, path)
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined)
    throw cause
  }
  await syncFolder(dirname(path))
}

async function writeAll(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        at += (await file.write(piece, at, piece.length - at)).bytesWritten
      }
    }
    if ((await file.stat()).isFile()) await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a new name last. Some systems cannot do that to folders. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

import { closeSync, openSync, writeSync } from 'node:fs'
import { HistoryFileError } from '../errors/history-errors.ts'
import type { Key } from '../values/key.ts'
import {
  type HistoryAttempt,
  type HistoryHeader,
  type HistorySink,
  KEY_NUMBERS_MAX,
} from './history-format.ts'

const BUFFER_LENGTH_MAX = 1 << 18

/** Writes a history to a file as it happens. Keeps at most some hundred KiB of it in memory. */
export class HistoryFile implements HistorySink {
  readonly #path: string
  readonly #file: number
  readonly #keys = new Map<string | number, number>()
  #buffer: string
  #attempts = 0
  #failure: HistoryFileError | undefined

  /** @throws {HistoryFileError} when the file cannot be made. */
  constructor(path: string, header: HistoryHeader) {
    this.#path = path
    this.#buffer = `${JSON.stringify(header)}\n`
    try {
      this.#file = openSync(path, 'w')
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  append({ id, operations, ...rest }: HistoryAttempt): void {
    const numbered = operations.map(([kind, key, version]) => [kind, this.#numberOf(key), version])
    this.#buffer += `${JSON.stringify({ attempt: id, ...rest, operations: numbered })}\n`
    this.#attempts++
    if (this.#buffer.length > BUFFER_LENGTH_MAX) this.#flush()
  }

  prepare(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#buffer += `${JSON.stringify({ attempts: this.#attempts })}\n`
    this.#flush()
    closeSync(this.#file)
    this.prepare()
  }

  #numberOf(key: Key): number {
    const known =
      typeof key === 'object' ? JSON.stringify(key) : typeof key === 'string' ? `"${key}` : key
    const old = this.#keys.get(known)
    if (old !== undefined) return old
    if (this.#keys.size === KEY_NUMBERS_MAX) this.#keys.clear()
    const number = this.#keys.size
    this.#keys.set(known, number)
    this.#buffer += `${JSON.stringify({ key: number, name: key })}\n`
    return number
  }

  #flush(): void {
    const bytes = Buffer.from(this.#buffer)
    this.#buffer = ''
    if (this.#failure !== undefined) return
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    } catch (cause) {
      this.#failure = unwritable(this.#path, cause)
    }
  }
}

function unwritable(file: string, cause: unknown): HistoryFileError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const why = `the history cannot be written: ${reason}`
  return new HistoryFileError({ fault: 'unreadable', file, why }, { cause })
}

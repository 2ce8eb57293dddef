import { InvalidOptionError } from '../errors/store-errors.ts'

/** `stream` is read and written from one end to the other; a `file` has a footer, and any of it can be read. */
export type IpcFormat = 'stream' | 'file'

/** How far an import or an export has come. */
export interface IpcProgress {
  readonly rows: number
  readonly batches: number
  /** Bytes of the stream or the file. */
  readonly bytes: number
}

/** What imports and exports take. */
export interface ExchangeOptions {
  readonly format?: IpcFormat | undefined
  /** Ends the work, also while it waits. What is thrown is its reason. */
  readonly signal?: AbortSignal | undefined
  /** Called as the work goes on. What it throws ends the work. */
  readonly onProgress?: ((progress: IpcProgress) => void) | undefined
}

/** @throws {InvalidOptionError} naming the option, what was given and what is accepted. */
export function checkOptions(options: object, names: readonly string[]): void {
  for (const [name, given] of Object.entries(options)) {
    expect('options', name, names.includes(name), `the names ${names.join(', ')}`)
    if (given !== undefined) checkOption(name, given)
  }
}

/** By option: what it accepts, in words, and whether it does. Every other one is true or false. */
const ACCEPTED: Readonly<Record<string, readonly [string, (given: unknown) => boolean]>> = {
  format: ['stream, file', (given) => given === 'stream' || given === 'file'],
  signal: ['an AbortSignal', (given) => given instanceof AbortSignal],
  onProgress: ['a function', (given) => typeof given === 'function'],
  rowsPerBatch: [
    'a whole number above 0',
    (given) => Number.isSafeInteger(given) && Number(given) > 0,
  ],
}

function checkOption(option: string, given: unknown): void {
  const [what, accepts] = ACCEPTED[option] ?? ['true or false', isBoolean]
  expect(option, given, accepts(given), what)
}

function isBoolean(given: unknown): boolean {
  return typeof given === 'boolean'
}

function expect(option: string, given: unknown, accepted: boolean, what: string): void {
  if (!accepted) throw new InvalidOptionError({ option, given, accepted: what })
}

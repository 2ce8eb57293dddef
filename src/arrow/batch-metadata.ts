import { types } from 'node:util'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * The metadata of one batch as its header holds it; no bytes for none.
 * @throws {ValueNotAcceptableError} when it is no map of strings, or longer than a string. A retry does not help.
 */
export function encodeMetadata(metadata: ReadonlyMap<string, string> | undefined): Uint8Array {
  if (metadata === undefined) return NO_BYTES
  const entries: [unknown, unknown][] | undefined = types.isMap(metadata)
    ? [...metadata]
    : undefined
  if (!entries?.flat().every((text) => typeof text === 'string')) {
    throw refusal('is no map of strings')
  }
  if (entries.length === 0) return NO_BYTES
  try {
    return new TextEncoder().encode(JSON.stringify(entries))
  } catch {
    throw refusal('is longer than a string can be')
  }
}

function refusal(why: string): ValueNotAcceptableError {
  return new ValueNotAcceptableError({ path: '$', why: `its metadata ${why}` })
}

/** What `encodeMetadata` has made, of bytes that may be shared. */
export function decodeMetadata(bytes: Uint8Array): Map<string, string> {
  const entries: [string, string][] = JSON.parse(new TextDecoder().decode(bytes.slice()))
  return new Map(entries)
}

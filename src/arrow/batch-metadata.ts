import { ValueNotAcceptableError } from '../errors/data-errors.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * The metadata of one batch as its header holds it; no bytes for none.
 * @throws {ValueNotAcceptableError} when it is no map of strings.
 */
export function encodeMetadata(metadata: ReadonlyMap<string, string> | undefined): Uint8Array {
  if (metadata === undefined || metadata.size === 0) return NO_BYTES
  const entries = [...metadata]
  if (!entries.flat().every((text: unknown) => typeof text === 'string')) {
    throw new ValueNotAcceptableError({ path: '$', why: 'its metadata is no map of strings' })
  }
  return new TextEncoder().encode(JSON.stringify(entries))
}

/** What `encodeMetadata` has made, of bytes that may be shared. */
export function decodeMetadata(bytes: Uint8Array): Map<string, string> {
  const entries: [string, string][] = JSON.parse(new TextDecoder().decode(bytes.slice()))
  return new Map(entries)
}

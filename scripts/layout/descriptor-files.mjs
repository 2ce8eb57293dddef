/** The sources of the descriptors, which are TypeScript: their comments are read, never run. */
import { readFileSync } from 'node:fs'
import { readDescriptor } from './descriptor-source.mjs'

/** @typedef {import('./descriptor-source.mjs').DescriptorSource} DescriptorSource */

const FOLDER = new URL('../../native-layout/', import.meta.url)

/**
 * The file that a descriptor of `native-layout/fingerprint.ts` comes from.
 * @param {string} name
 */
export function descriptorFile(name) {
  if (name === 'status') return 'status-codes.ts'
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `${words}-descriptor.ts`
}

/**
 * The sources of all descriptors, by their names.
 * @param {Readonly<Record<string, unknown>>} descriptors
 */
export function descriptorSources(descriptors) {
  /** @type {Record<string, DescriptorSource>} */
  const sources = {}
  for (const name of Object.keys(descriptors)) {
    sources[name] = readDescriptor(readFileSync(new URL(descriptorFile(name), FOLDER), 'utf8'))
  }
  return sources
}

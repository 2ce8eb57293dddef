/** The files that its thread loaded by `require()`. */
import { createRequire } from 'node:module'

export default function loaded() {
  return Object.keys(createRequire(import.meta.url).cache)
}

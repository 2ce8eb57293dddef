import { attach } from 'khonsu'
import { audit, rename } from './purses.mjs'

/**
 * Gives purses new names, or adds them up, until the time is up.
 *
 * @param {{ role: 'audit' | 'rename', purses: import('./purses.mjs').Purses }} input
 * @returns {import('./purses.mjs').Tally}
 */
export default function purseJob({ role, purses }) {
  return role === 'rename' ? rename(attach(), purses) : audit(attach(), purses)
}

import { attach } from 'khonsu'
import { tally } from './tallies.mjs'

/**
 * Adds, or looks, until the time is up.
 *
 * @param {import('./tallies.mjs').Tallying} input
 * @returns {import('./tallies.mjs').Tallied}
 */
export default function tallyJob(input) {
  return tally(attach(), input)
}

import { attach } from 'khonsu'
import { runPots } from './pots.mjs'

/**
 * @param {import('./pots.mjs').Pots} pots
 * @returns {ReturnType<typeof runPots>}
 */
export default function potsJob(pots) {
  return runPots(attach(), pots)
}

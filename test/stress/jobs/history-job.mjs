import { attach } from 'khonsu'
import { makeHistory } from './history.mjs'

/**
 * @param {import('./history.mjs').Plan} plan
 * @returns {string[]} what went wrong
 */
export default function historyJob(plan) {
  return makeHistory(attach(), plan)
}

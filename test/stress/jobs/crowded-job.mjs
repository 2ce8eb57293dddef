import { attach } from 'khonsu'
import { crowd } from './crowded.mjs'

/**
 * @param {import('./crowded.mjs').Plan} plan
 * @returns {import('./crowded.mjs').Tally}
 */
export default function crowdedJob(plan) {
  return crowd(attach(), plan)
}

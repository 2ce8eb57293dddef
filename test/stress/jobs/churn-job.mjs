import { attach } from 'khonsu'
import { churn } from './churn.mjs'

/**
 * @param {import('./churn.mjs').Plan} plan
 * @returns {import('./churn.mjs').Tally}
 */
export default function churnJob(plan) {
  return churn(attach(), plan)
}

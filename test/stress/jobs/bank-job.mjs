import { attach } from 'khonsu'
import { count, move } from './accounts.mjs'

/**
 * Moves money, or counts it, until the time is up.
 *
 * @param {{ role: 'move' | 'count', bank: import('./accounts.mjs').Bank }} input
 * @returns {import('./accounts.mjs').Tally}
 */
export default function bankJob({ role, bank }) {
  return role === 'move' ? move(attach(), bank) : count(attach(), bank)
}

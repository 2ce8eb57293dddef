import { attach } from 'khonsu'
import { runRace } from './races.mjs'

/**
 * @param {import('./races.mjs').Race} race
 * @returns {import('./races.mjs').Outcome}
 */
export default function raceJob(race) {
  return runRace(attach(), race)
}

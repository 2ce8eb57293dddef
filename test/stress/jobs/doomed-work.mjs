import { replaceBanner } from '#dist/bench/banner.js'
import { move } from './accounts.mjs'

/**
 * The work of threads that do not live long: money moves, then the banner is replaced.
 *
 * @param {import('khonsu').Store} store
 * @param {import('./accounts.mjs').Bank} bank
 * @returns {() => void}
 */
export default function doomedWork(store, bank) {
  return () => {
    move(store, { ...bank, untilMs: Date.now() + 1 })
    replaceBanner(store)
  }
}

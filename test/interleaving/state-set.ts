/** Slots of the first table, a power of two. */
const SLOT_COUNT = 1 << 12

/**
 * A set of states that keeps 63 bits of hash of each. That two of a million states are taken for one
 * has a probability of one in 18 million.
 */
export class StateSet {
  size = 0
  #table = new Int32Array(2 * SLOT_COUNT)

  /** Whether it was not there yet. */
  add(words: Uint32Array): boolean {
    let low = 0x811c9dc5
    let high = 0x9e3779b1
    for (const word of words) {
      low = Math.imul(low ^ word, 0x85ebca6b)
      low ^= low >>> 15
      high = Math.imul(high ^ word, 0xc2b2ae35) + low
      high ^= high >>> 13
    }
    if (2 * this.size > this.#table.length / 2) this.#grow()
    // A pair of zeros means that the slot is empty.
    return this.#put(low | 1, high | 0)
  }

  #put(low: number, high: number): boolean {
    const mask = this.#table.length / 2 - 1
    for (let at = (low ^ high) & mask; ; at = (at + 1) & mask) {
      if (this.#table[2 * at] === low && this.#table[2 * at + 1] === high) return false
      if (this.#table[2 * at] !== 0) continue
      this.#table[2 * at] = low
      this.#table[2 * at + 1] = high
      this.size++
      return true
    }
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Int32Array(2 * old.length)
    this.size = 0
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) this.#put(old[at] as number, old[at + 1] as number)
    }
  }
}

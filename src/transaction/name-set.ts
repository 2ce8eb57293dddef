/** Names that are remembered; the first ones are forgotten for new ones. */
const NAME_COUNT_MAX = 1024

/** A set of names of transactions that does not grow for ever. */
export class NameSet {
  readonly #names = new Set<string>()

  has(name: string | undefined): boolean {
    return name !== undefined && this.#names.has(name)
  }

  add(name: string | undefined): void {
    if (name === undefined || this.#names.has(name)) return
    if (this.#names.size === NAME_COUNT_MAX) {
      for (const first of this.#names) {
        this.#names.delete(first)
        break
      }
    }
    this.#names.add(name)
  }
}

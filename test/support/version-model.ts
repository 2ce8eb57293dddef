import type { ConflictMode, IsolationLevel } from 'khonsu'

/** What a model keeps for a key; undefined when it has no value. */
export type Content = unknown

/** One transaction of the model. */
export interface ModelTransaction {
  readonly isolation: IsolationLevel
  readonly onConflict: ConflictMode
  /** Number of commits before it. */
  readonly beganAt: number
  readonly readKeys: Set<number>
  readonly writes: Map<number, Content>
}

/** How a commit ends, and what it dropped. */
export interface Verdict {
  readonly committed: boolean
  readonly ignored: readonly number[]
}

/** All versions of all keys: what every snapshot must see, and which commits must fail. */
export class VersionModel {
  /** By key: its versions, each with the number of the commit that wrote it. */
  readonly #versions = new Map<number, { readonly commit: number; readonly content: Content }[]>()
  #commits = 0

  begin(isolation: IsolationLevel, onConflict: ConflictMode): ModelTransaction {
    const beganAt = this.#commits
    return { isolation, onConflict, beganAt, readKeys: new Set(), writes: new Map() }
  }

  read(transaction: ModelTransaction, key: number): Content {
    if (transaction.writes.has(key)) return transaction.writes.get(key)
    transaction.readKeys.add(key)
    const latest = transaction.isolation === 'read-committed'
    return this.contentAt(key, latest ? this.#commits : transaction.beganAt)
  }

  /** The content of a key after so many commits. */
  contentAt(key: number, commits: number = this.#commits): Content {
    return this.#versions.get(key)?.findLast(({ commit }) => commit <= commits)?.content
  }

  commit({ isolation, onConflict, beganAt, readKeys, writes }: ModelTransaction): Verdict {
    const changed = (key: number): boolean =>
      (this.#versions.get(key)?.at(-1)?.commit ?? 0) > beganAt
    const conflicts = [...writes.keys()].filter(changed)
    const stale = isolation === 'serializable' && [...readKeys].some(changed)
    if (writes.size > 0 && (stale || (onConflict === 'fail' && conflicts.length > 0))) {
      return { committed: false, ignored: [] }
    }
    const ignored = onConflict === 'ignore' ? conflicts : []
    this.#commits++
    for (const [key, content] of writes) {
      if (ignored.includes(key)) continue
      const versions = this.#versions.get(key) ?? []
      versions.push({ commit: this.#commits, content })
      this.#versions.set(key, versions)
    }
    return { committed: true, ignored }
  }
}

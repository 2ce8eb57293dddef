/**
 * Interleavings of transactions, written as in the isolation tests of PostgreSQL: `s1r1` session 1
 * reads key 1, `s2w1=12` session 2 writes 12, `s1w2+=5` adds 5 to what the session read of key 2 last,
 * `s2d1` deletes, `s1c` commits, `s1a` aborts, `s1!report` does what the case calls `report`. A session
 * begins with its first step.
 */

/** One step of one session. */
export interface Step {
  readonly session: string
  readonly kind: 'read' | 'write' | 'add' | 'delete' | 'commit' | 'abort' | 'action'
  readonly key: number
  readonly value: number
  /** Of an action: its name. */
  readonly action: string
}

/** What a search finds: keys with their values, in the order of the keys. */
export type Found = readonly (readonly [key: number, value: number])[]

/** A predicate: which of the keys from one to another it searches, and which of these it finds. */
export interface Predicate {
  readonly from: number
  readonly to: number
  /** Default: all that have a value. */
  readonly where?: (value: number, key: number) => boolean
}

/** What an action may do. */
export interface ActionAccess {
  /** What the last search of its session found, also in a step before this one. */
  readonly found: Found
  get(key: number): number | undefined
  set(key: number, value: number): void
  delete(key: number): void
  scan(predicate: Predicate): Found
}

/** Steps of a case that have a name: several accesses with nobody in between. */
export type Actions = Readonly<Record<string, (tx: ActionAccess) => unknown>>

const KINDS: Readonly<Record<string, Step['kind']>> = {
  r: 'read',
  d: 'delete',
  c: 'commit',
  a: 'abort',
}

/** @throws when the text is no list of steps. */
export function parseSteps(text: string): Step[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [, actor, action = ''] = /^(s\d)!(\w+)$/.exec(word) ?? []
      if (actor !== undefined) return { session: actor, kind: 'action', key: 0, value: 0, action }
      const [, session, letter, key, operator, value] =
        /^(s\d)([rwdca])(\d*)(?:(\+?=)(-?\d+))?$/.exec(word) ?? []
      if (session === undefined || letter === undefined) throw new Error(`no step: ${word}`)
      const kind = letter === 'w' ? (operator === '+=' ? 'add' : 'write') : KINDS[letter]
      return { session, kind: kind as Step['kind'], key: Number(key), value: Number(value), action }
    })
}

/** Every order of the steps in which each session keeps its own order. */
export function* permutations(sessions: readonly (readonly Step[])[]): Generator<Step[]> {
  if (sessions.every((steps) => steps.length === 0)) {
    yield []
    return
  }
  for (const [i, steps] of sessions.entries()) {
    const [first, ...rest] = steps
    if (first === undefined) continue
    for (const order of permutations(sessions.with(i, rest))) yield [first, ...order]
  }
}

/** Groups the steps of a schedule by session, in the order in which the sessions begin. */
export function bySession(schedule: readonly Step[]): Map<string, Step[]> {
  const sessions = new Map<string, Step[]>()
  for (const step of schedule) {
    sessions.set(step.session, [...(sessions.get(step.session) ?? []), step])
  }
  return sessions
}

export function describeSteps(schedule: readonly Step[]): string {
  const letters = { read: 'r', write: 'w', add: 'w', delete: 'd', commit: 'c', abort: 'a' }
  return schedule
    .map(({ session, kind, key, value, action }) => {
      if (kind === 'action') return `${session}!${action}`
      const tail = kind === 'write' ? `=${value}` : kind === 'add' ? `+=${value}` : ''
      const named = kind === 'commit' || kind === 'abort' ? '' : `${key}`
      return `${session}${letters[kind]}${named}${tail}`
    })
    .join(' ')
}

/** The values of keys; a key that is missing has none. */
export type State = Readonly<Record<number, number>>

/** What one session saw and wrote, and how it ended. */
export interface SessionOutcome {
  /** What its reads and searches found, in order. */
  readonly reads: (number | undefined | Found)[]
  /** The same with every key that a search looked at: all that it depends on, and maybe more. */
  readonly looks: (number | undefined)[]
  /** The last value of each key that it wrote, undefined for a deletion. */
  readonly writes: Map<number, number | undefined>
  end: 'committed' | 'conflict' | 'aborted' | 'open'
}

/** What a schedule led to. */
export interface Outcome {
  readonly sessions: Readonly<Record<string, SessionOutcome>>
  readonly final: State
}

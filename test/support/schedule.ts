/**
 * Interleavings of transactions, written as in the isolation tests of PostgreSQL: `s1r1` session 1
 * reads key 1, `s2w1=12` session 2 writes 12, `s1w2+=5` adds 5 to what the session read of key 2 last,
 * `s2d1` deletes, `s1c` commits, `s1a` aborts. A session begins with its first step.
 */

/** One step of one session. */
export interface Step {
  readonly session: string
  readonly kind: 'read' | 'write' | 'add' | 'delete' | 'commit' | 'abort'
  readonly key: number
  readonly value: number
}

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
      const [, session, letter, key, operator, value] =
        /^(s\d)([rwdca])(\d*)(?:(\+?=)(-?\d+))?$/.exec(word) ?? []
      if (session === undefined || letter === undefined) throw new Error(`no step: ${word}`)
      const kind = letter === 'w' ? (operator === '+=' ? 'add' : 'write') : KINDS[letter]
      return { session, kind: kind as Step['kind'], key: Number(key), value: Number(value) }
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
    .map(({ session, kind, key, value }) => {
      const tail = kind === 'write' ? `=${value}` : kind === 'add' ? `+=${value}` : ''
      const named = kind === 'commit' || kind === 'abort' ? '' : `${key}`
      return `${session}${letters[kind]}${named}${tail}`
    })
    .join(' ')
}

/** The values of keys; a key that is missing has none. */
export type State = Readonly<Record<number, number>>

/** What one session saw, and how it ended. */
export interface SessionOutcome {
  readonly reads: (number | undefined)[]
  end: 'committed' | 'conflict' | 'aborted' | 'open'
}

/** What a schedule led to. */
export interface Outcome {
  readonly sessions: Readonly<Record<string, SessionOutcome>>
  readonly final: State
}

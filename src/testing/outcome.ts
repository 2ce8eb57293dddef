/** What a run led to, as numbers in shared memory, as text, and as what a scenario allows. */

/** The thread did not get there. */
export const NOT_DONE: number = -1e9

/** The key had no value. */
export const ABSENT: number = -1e9 - 1

/** A block whose bytes belong to different writes, or to none. */
export const TORN: number = -1e9 - 2

/** The transaction committed. */
export const COMMITTED: number = -1e9 - 3

/** The transaction ended without its writes, for whatever reason. */
export const ABORTED: number = -1e9 - 4

/** The transaction ended because an update met a value that it cannot be made of. */
export const REFUSED: number = -1e9 - 5

const WORDS: ReadonlyMap<number, string> = new Map([
  [NOT_DONE, 'none'],
  [ABSENT, 'absent'],
  [TORN, 'torn'],
  [COMMITTED, 'ok'],
  [ABORTED, 'aborted'],
  [REFUSED, 'refused'],
])

const NUMBERS: ReadonlyMap<string, number> = new Map(
  [...WORDS].map(([number, word]) => [word, number]),
)

/**
 * What one schedule led to, by name: for each transaction whether it committed, for each variable
 * what was read, for each key what it holds in the end.
 */
export type Outcome = Readonly<Record<string, number>>

/** Writes an outcome as `A=ok B=aborted a=0 x=1`. */
export function describeOutcome(outcome: Outcome): string {
  return Object.entries(outcome)
    .map(([name, value]) => `${name}=${WORDS.get(value) ?? value}`)
    .join(' ')
}

/**
 * Whether an outcome is as a pattern says, which is written in the same way. What it does not name
 * may be anything; `a=0|1` allows both.
 * @throws {Error} when the pattern names what the outcome does not have.
 */
export function matches(outcome: Outcome, pattern: string): boolean {
  const terms = pattern.split(/\s+/).filter((term) => term !== '')
  return terms.every((term) => {
    const [name = '', values = ''] = term.split('=')
    const found = outcome[name]
    if (found === undefined) throw new Error(`${name} is nothing that is observed: ${pattern}`)
    return values.split('|').some((value) => (NUMBERS.get(value) ?? Number(value)) === found)
  })
}

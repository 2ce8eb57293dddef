/** One order of the steps of all threads, in a form that can be printed and run again. */

/** Before the step with this number another thread goes on. */
export interface Switch {
  readonly step: number
  readonly thread: number
}

/** The end of a thread before an access of its own. */
export interface Death {
  readonly thread: number
  /** Counted from 1 over all shared accesses of that thread. */
  readonly access: number
}

/**
 * Which thread begins, where another one goes on, and which ones end where. A thread that has come
 * to its end, or waits for another, is followed by the next in the order of their declaration.
 */
export interface Schedule {
  readonly first: number
  readonly switches: readonly Switch[]
  readonly deaths: readonly Death[]
}

/** Writes a schedule as `A 12>B 30>A B!17`: A begins, B goes on before step 12, B ends before 17. */
export function describeSchedule(schedule: Schedule, threads: readonly string[]): string {
  const { first, switches, deaths } = schedule
  const ended = deaths.map(({ thread, access }) => `${threads[thread]}!${access}`)
  const moves = switches.map(({ step, thread }) => `${step}>${threads[thread]}`)
  return [threads[first], ...moves, ...ended].join(' ')
}

/**
 * Reads what {@link describeSchedule} writes.
 * @throws {Error} when a word is none of a schedule.
 */
export function parseSchedule(text: string, threads: readonly string[]): Schedule {
  const indexOf = (name: string | undefined): number => {
    const index = threads.indexOf(name ?? '')
    if (index === -1) throw new Error(`No thread ${name}: ${text}`)
    return index
  }
  const [first, ...words] = text.trim().split(/\s+/)
  const switches: Switch[] = []
  const deaths: Death[] = []
  for (const word of words) {
    const [, step, next] = /^(\d+)>(\w+)$/.exec(word) ?? []
    const [, dying, access] = /^(\w+)!(\d+)$/.exec(word) ?? []
    if (step !== undefined) switches.push({ step: Number(step), thread: indexOf(next) })
    else if (access !== undefined) deaths.push({ thread: indexOf(dying), access: Number(access) })
    else throw new Error(`No part of a schedule: ${word}`)
  }
  return { first: indexOf(first), switches, deaths }
}

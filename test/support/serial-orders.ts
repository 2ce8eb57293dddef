/** The judge of what is serializable: all orders of whole sessions, one after the other. */
import type { HistoryLevel } from 'khonsu/history'
import { type Actions, bySession, type Outcome, type State, type Step } from './schedule.ts'
import { predict, withWrites } from './schedule-model.ts'

/** What has to be equal for an outcome to be that of a serial order. */
type Compared = 'reads' | 'looks'

/** The serial orders of the sessions of one case. */
export class SerialOrders {
  readonly #initial: State
  readonly #steps: ReadonlyMap<string, readonly Step[]>
  readonly #actions: Actions
  readonly #outcomes = new Map<string, Outcome>()

  /** @param schedule any order of the steps of the sessions. */
  constructor(initial: State, schedule: readonly Step[], actions: Actions = {}) {
    this.#initial = initial
    this.#steps = bySession(schedule)
    this.#actions = actions
  }

  /**
   * An order of the committed sessions that, one after the other, read the same and leave the same
   * state; undefined when there is none: then the outcome is not serializable.
   */
  orderOf(outcome: Outcome): string[] | undefined {
    return this.#find(committedIn(outcome), outcome, outcome.final).next().value
  }

  /**
   * What somebody finds who knows all that searches looked at, and not what they looked for. Strict
   * is an order in which nobody comes before a session that had ended when it began.
   */
  levelOf(schedule: readonly Step[], outcome: Outcome): HistoryLevel | 'weaker' {
    let level: HistoryLevel | 'weaker' = 'weaker'
    for (const order of this.#find(committedIn(outcome), outcome, outcome.final, 'looks')) {
      if (isInTime(order, schedule)) return 'strict-serializable'
      level = 'serializable'
    }
    return level
  }

  /**
   * The sessions that lost their commit although the committed ones and this one have a serial order
   * that reads what all of them read, and leaves the state that its commit would have made.
   */
  needlessAborts(schedule: readonly Step[], outcome: Outcome): string[] {
    return [...this.#steps.keys()].filter((name) => {
      if (outcome.sessions[name]?.end !== 'conflict') return false
      const names = [...committedIn(outcome), name]
      const final = this.#finalOf(names, schedule, outcome)
      return this.#find(names, outcome, final).next().value !== undefined
    })
  }

  /** The state that commits of these sessions leave, in the order in which they were tried. */
  #finalOf(names: readonly string[], schedule: readonly Step[], outcome: Outcome): State {
    return schedule
      .filter(({ kind, session }) => kind === 'commit' && names.includes(session))
      .reduce(
        (state, { session }) => withWrites(state, outcome.sessions[session]?.writes ?? new Map()),
        this.#initial,
      )
  }

  *#find(
    names: readonly string[],
    outcome: Outcome,
    final: State,
    compared: Compared = 'reads',
  ): Generator<string[], undefined> {
    const wanted = JSON.stringify(final)
    for (const order of orders(names)) {
      const serial = this.#outcomeOf(order)
      if (JSON.stringify(serial.final) !== wanted) continue
      const isSame = order.every(
        (name) =>
          JSON.stringify(serial.sessions[name]?.[compared]) ===
          JSON.stringify(outcome.sessions[name]?.[compared]),
      )
      if (isSame) yield order
    }
    return undefined
  }

  #outcomeOf(order: readonly string[]): Outcome {
    const name = order.join()
    const known = this.#outcomes.get(name)
    if (known !== undefined) return known
    const serial = order.flatMap((session) => this.#steps.get(session) as Step[])
    const outcome = predict('serializable', this.#initial, serial, this.#actions)
    this.#outcomes.set(name, outcome)
    return outcome
  }
}

function committedIn({ sessions }: Outcome): string[] {
  return Object.keys(sessions).filter((name) => sessions[name]?.end === 'committed')
}

function isInTime(order: readonly string[], schedule: readonly Step[]): boolean {
  const ofSession = (step: Step, name: string): boolean => step.session === name
  return order.every((name, i) => {
    const end = schedule.findLastIndex((step) => ofSession(step, name))
    return order.slice(0, i).every((earlier) => {
      const begin = schedule.findIndex((step) => ofSession(step, earlier))
      return begin < end
    })
  })
}

function* orders(names: readonly string[]): Generator<string[]> {
  if (names.length === 0) yield []
  for (const [i, name] of names.entries()) {
    for (const rest of orders(names.toSpliced(i, 1))) yield [name, ...rest]
  }
}

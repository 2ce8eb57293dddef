/** Whether some order of whole transactions explains an outcome. */
import { ABORTED, ABSENT, COMMITTED, NOT_DONE, type Outcome, REFUSED } from './outcome.ts'
import {
  addedRows,
  digitsOf,
  droppedRows,
  rowsOfDigits,
  type Statement,
  scanDigest,
} from './program.ts'
import type { CompiledScenario } from './scenario.ts'

/** What keys hold: a number or ABSENT. */
type State = readonly number[]

/** Whether a transaction ended before another one began. */
export type Precedence = (earlier: number, later: number) => boolean

interface Task {
  readonly transaction: number
  readonly statements: readonly Statement[]
}

function tasksOf({ programs, transactionCount }: CompiledScenario): Task[] {
  return Array.from({ length: transactionCount }, (_, transaction) => ({
    transaction,
    statements: programs
      .flat()
      .filter((statement) => 'transaction' in statement && statement.transaction === transaction),
  }))
}

function updated({ call, number }: Statement & { readonly kind: 'update' }, old: number): number {
  if (old === ABSENT) return number
  return call === 'max' || call === 'min' ? Math[call](old, number) : old + number
}

function withRows({ call, rows }: Statement & { readonly kind: 'rows' }, old: number): number {
  const before = old === ABSENT || call === 'write' ? [] : rowsOfDigits(old)
  return digitsOf(call === 'drop' ? droppedRows(before, rows) : addedRows(before, rows))
}

class Search {
  readonly #compiled: CompiledScenario
  readonly #outcome: Outcome
  /** Undefined: any order will do, and only those that committed count. */
  readonly #precedes: Precedence | undefined

  constructor(compiled: CompiledScenario, outcome: Outcome, precedes: Precedence | undefined) {
    this.#compiled = compiled
    this.#outcome = outcome
    this.#precedes = precedes
  }

  from(state: State, left: readonly Task[]): boolean {
    if (left.length === 0) return this.#isFinal(state)
    return left.some((task) => {
      const others = left.filter((other) => other !== task)
      if (others.some(({ transaction }) => this.#precedes?.(transaction, task.transaction))) {
        return false
      }
      const end = this.#outcome[this.#nameOf(task.transaction)]
      if (this.#precedes === undefined && end !== COMMITTED && this.from(state, others)) return true
      const after = this.#run(state, task)
      if (after === undefined) return false
      if (end === COMMITTED) return this.from(after, others)
      if (end === ABORTED || end === REFUSED) return this.from(state, others)
      return this.from(state, others) || this.from(after, others)
    })
  }

  /** The state after a transaction, or undefined when it read something else. */
  #run(state: State, { statements }: Task): State | undefined {
    const next = [...state]
    const { variables } = this.#compiled.names
    const read = new Map<number, number>()
    for (const statement of statements) {
      if (statement.kind === 'read') {
        const found = next[statement.place.key] as number
        const observed = this.#outcome[variables[statement.variable] as string]
        if (observed !== NOT_DONE && observed !== found) return undefined
        read.set(statement.variable, found)
      } else if (statement.kind === 'write') {
        const { variable, number } = statement.operand
        const base = variable === -1 ? 0 : (read.get(variable) ?? this.#observedBy(variable))
        next[statement.place.key] = (base === ABSENT ? 0 : base) + number
      } else if (statement.kind === 'update') {
        const found = next[statement.place.key] as number
        next[statement.place.key] = updated(statement, found)
      } else if (statement.kind === 'rows') {
        const found = next[statement.place.key] as number
        next[statement.place.key] = withRows(statement, found)
      } else if (statement.kind === 'change') {
        const found = next[statement.place.key] as number
        const observed = this.#outcome[variables[statement.variable] as string]
        if (observed !== NOT_DONE && observed !== found) return undefined
        next[statement.place.key] = found + statement.number
      } else if (statement.kind === 'scan') {
        const observed = this.#outcome[variables[statement.variable] as string]
        if (observed !== NOT_DONE && observed !== this.#scan(next, statement)) return undefined
      } else if (statement.kind === 'delete') {
        next[statement.place.key] = ABSENT
      }
    }
    return next
  }

  #scan(state: State, { from, to }: Statement & { readonly kind: 'scan' }): number {
    let sum = 0
    let count = 0
    for (const [index, key] of this.#compiled.names.keys.entries()) {
      const value = state[index] as number
      if (key < from || key > to || value === ABSENT) continue
      sum += value
      count++
    }
    return scanDigest(sum, count)
  }

  #observedBy(variable: number): number {
    return this.#outcome[this.#compiled.names.variables[variable] as string] ?? 0
  }

  #nameOf(transaction: number): string {
    return this.#compiled.names.transactions[transaction] as string
  }

  #isFinal(state: State): boolean {
    return this.#compiled.names.keys.every((key, index) => this.#outcome[key] === state[index])
  }
}

/**
 * Whether the transactions, one after the other in some order, would read and leave the same. What
 * had ended before another transaction began comes before it. One that aborted leaves nothing, but
 * has read one state; one whose thread died counts whole or not at all. Without `precedes` any order
 * will do, and what those have read that did not commit does not matter.
 */
export function hasSerialOrder(
  compiled: CompiledScenario,
  initial: State,
  outcome: Outcome,
  precedes: Precedence | undefined,
): boolean {
  return new Search(compiled, outcome, precedes).from(initial, tasksOf(compiled))
}

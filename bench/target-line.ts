/**
 * One line of `targets.json`: a bar, and the command whose JSON holds the figure. A line whose
 * workload is not one of `khonsu bench` names a command of its own (`khonsu flights`).
 */

import { findWorkload } from './workload-registry.ts'

export interface TargetLine {
  /** `AREA.NAME`; `--only` takes a prefix of it. */
  readonly id: string
  readonly workload: string
  readonly args: readonly string[]
  /** A name among the report's figures, else a path of names and dots in its JSON. */
  readonly figure: string
  readonly op: TargetOperator
  readonly target: number
}

export type TargetOperator = '>=' | '<='

/** What a line came to. */
export interface TargetOutcome {
  readonly id: string
  /** The measured number; null if the command failed or reported no such figure. */
  readonly figure: number | null
  readonly op: TargetOperator
  readonly target: number
  readonly pass: boolean
  /** Why there is no figure. */
  readonly error?: string
}

/**
 * Returns the lines of `targets.json`.
 * @throws Error that names the line and the field for a text of another shape.
 */
export function parseTargets(text: string): readonly TargetLine[] {
  const lines: unknown = JSON.parse(text)
  if (!Array.isArray(lines)) throw new Error('targets.json is not an array')
  const targets = lines.map(parseTarget)
  const ids = new Set(targets.map(({ id }) => id))
  if (ids.size < targets.length) throw new Error('targets.json: two lines have the same id')
  return targets
}

function parseTarget(line: unknown, index: number): TargetLine {
  const fields = (line ?? {}) as Record<string, unknown>
  const { id, workload, args, figure, op, target } = fields
  const refuse = (field: string): never => {
    throw new Error(`targets.json: ${field} of line ${String(id ?? index)} is wrong or missing`)
  }
  if (typeof id !== 'string') return refuse('id')
  if (typeof workload !== 'string') return refuse('workload')
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) return refuse('args')
  if (typeof figure !== 'string') return refuse('figure')
  if (op !== '>=' && op !== '<=') return refuse('op')
  if (typeof target !== 'number') return refuse('target')
  return { id, workload, args, figure, op, target }
}

/** Returns the words after `khonsu` that run a line. Lines with equal words share one run. */
export function commandOf({ workload, args }: TargetLine): readonly string[] {
  const command = findWorkload(workload) === undefined ? [workload] : ['bench', workload]
  return [...command, ...args, '--json']
}

/** Returns the outcome of a line, from the JSON that its command wrote. */
export function evaluateTarget(line: TargetLine, report: unknown): TargetOutcome {
  const figure = figureOf(report, line.figure)
  if (figure === undefined) return failedTarget(line, `the report has no figure ${line.figure}`)
  const { id, op, target } = line
  return { id, figure, op, target, pass: op === '>=' ? figure >= target : figure <= target }
}

/** Returns the outcome of a line whose command gave no report. */
export function failedTarget({ id, op, target }: TargetLine, error: string): TargetOutcome {
  return { id, figure: null, op, target, pass: false, error }
}

function figureOf(report: unknown, name: string): number | undefined {
  const named = propertyOf(propertyOf(report, 'figures'), name)
  const found = named ?? name.split('.').reduce(propertyOf, report)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

/**
 * Preemptions that come too early to matter (after Flanagan and Godefroid, POPL 2005: orders of accesses
 * that do not conflict are equivalent).
 */
import { type ControlBlock, LOAD, TICKING, type TraceEntry } from './control-block.ts'
import type { Switch } from './schedule.ts'

/**
 * Whether one of the preemptions of the schedule of two threads that was run last is loose: what the
 * thread does first when it goes on again conflicts with nothing that the other one did meanwhile. Then
 * the preemption could come behind that, and so could it in all schedules with further ones. Ticks
 * conflict with ticks: the order of transactions in real time is a part of the outcome.
 */
export function hasLoosePreemption(control: ControlBlock, switches: readonly Switch[]): boolean {
  const trace = Array.from({ length: control.traceLength }, (_, i) => control.traceEntry(i))
  return switches.some((preemption) => isLoose(trace, preemption))
}

function isLoose(trace: readonly TraceEntry[], { step, thread }: Switch): boolean {
  const first = trace.findIndex((entry) => entry.step >= step && entry.thread === thread)
  if (first === -1) return false
  const resumed = trace.findIndex((entry, index) => index > first && entry.thread !== thread)
  if (resumed === -1) return false
  const meanwhile = trace.slice(first, resumed)
  for (let index = resumed; index < trace.length; index++) {
    const entry = trace[index] as TraceEntry
    if (entry.thread === thread || (index > resumed && entry.kind !== TICKING)) return true
    if (meanwhile.some((other) => conflict(entry, other))) return false
  }
  return true
}

function conflict(one: TraceEntry, other: TraceEntry): boolean {
  if (one.kind === TICKING || other.kind === TICKING) return one.kind === other.kind
  return one.at === other.at && (one.kind !== LOAD || other.kind !== LOAD)
}

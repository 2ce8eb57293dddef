/** Steps of begin, read, write and extend: one shared access each. See kernel/read.ts, snapshot.ts. */
import { beginCommit, endWithout } from './commit-steps.ts'
import type { Step } from './epoch-model.ts'
import {
  ABSENT,
  ACTIVE,
  BEFORE,
  BOUND,
  CLOCK,
  CLOSED_MAP,
  ENTRY_READ,
  ENTRY_STALE,
  ENTRY_WRITE,
  EXPECTED,
  FLAGS,
  HEAD,
  HORIZON_BOUND,
  INSTALLING,
  type Machine,
  OUTCOME,
  OWNER,
  PHASE_STAMP,
  PHASE_STATE,
  R_CELL,
  R_CLOCK,
  R_HANDLE,
  R_KEEP,
  R_OWNER,
  R_STAMP,
  R_VALUE,
  READ_VALUE,
  REVOKED,
  RUNNING,
  STAMP,
  STAMPED,
  VALUE,
  VERSION_NEXT,
  VERSION_STAMP,
  VERSION_VALUE,
} from './machine.ts'
import type { Operation } from './program.ts'

function operationOf(m: Machine, t: number): Operation {
  return m.running(t).operations[m.operationIndex(t)] as Operation
}

/** Address of the cell that the running operation is about. */
function cellOf(m: Machine, t: number): number {
  return m.cell(operationOf(m, t).cell)
}

function isWordAsRead(m: Machine, t: number): boolean {
  const cell = cellOf(m, t)
  const base = m.thread(t)
  return m.at(cell + STAMP) === m.at(base + R_STAMP) && m.at(cell + OWNER) === m.at(base + R_OWNER)
}

function isStamped(state: number): boolean {
  return state === STAMPED || state === INSTALLING
}

/** Goes to the next operation that touches shared memory, or to the commit. */
function nextOperation(m: Machine, t: number): void {
  const { id, operations } = m.running(t)
  for (;;) {
    const operation = operations[m.operationIndex(t)]
    if (operation === undefined) return beginCommit(m, t)
    const entry = m.entry(id, operation.cell)
    const flags = m.at(entry + FLAGS)
    if (operation.kind === 'read' && !(flags & ENTRY_WRITE)) return m.go(t, 'readWord')
    if (operation.kind === 'write' && flags === 0) return m.go(t, 'writeWord')
    if (operation.kind === 'write') m.s[entry + FLAGS] = flags | ENTRY_WRITE
    m.advance(t)
  }
}

function accept(m: Machine, t: number, stamp: number, value: number, flags: number): void {
  const { id } = m.running(t)
  const { cell } = operationOf(m, t)
  const entry = m.entry(id, cell)
  if (!m.isVersion(cell, stamp, value)) m.trouble = 'a read returned what is no committed version'
  if (m.at(entry + FLAGS) === 0) {
    m.s[entry + FLAGS] = flags
    m.s[entry + EXPECTED] = stamp
    m.s[entry + READ_VALUE] = value + 1
  } else if (m.at(entry + READ_VALUE) !== value + 1) {
    m.trouble = 'a cell was read twice and had two values'
  }
  m.advance(t)
  nextOperation(m, t)
}

function acceptCurrent(m: Machine, t: number): void {
  const base = m.thread(t)
  accept(m, t, m.at(base + R_STAMP), m.at(base + R_VALUE), ENTRY_READ)
}

function acceptOld(m: Machine, t: number, stamp: number, value: number): void {
  accept(m, t, stamp, value, ENTRY_READ | ENTRY_STALE)
}

/** The next entry that `extend` has to look at, or its end. */
function nextEntry(m: Machine, t: number, from: number): void {
  const { id } = m.running(t)
  for (let cell = from; cell < m.program.cellCount; cell++) {
    if (m.at(m.entry(id, cell) + FLAGS) === 0) continue
    m.s[m.thread(t) + R_CELL] = cell
    return m.go(t, 'extendWord')
  }
  if (m.fault === 'extend loads the clock after it looked at the entries') m.go(t, 'extendClock')
  else extended(m, t)
}

function extend(m: Machine, t: number): void {
  if (m.fault === 'extend loads the clock after it looked at the entries') nextEntry(m, t, 0)
  else m.go(t, 'extendClock')
}

function extended(m: Machine, t: number): void {
  const base = m.thread(t)
  m.s[base + BOUND] = m.at(base + R_CLOCK)
  if (operationOf(m, t).kind === 'write') addWrite(m, t)
  else if (m.fault === 'extend does not look at the cell that is being read') acceptCurrent(m, t)
  else if (m.at(base + R_OWNER) === 0) m.go(t, 'confirmWord')
  else if (m.fault === 'extend looks at the word of that cell before it looks at the phase')
    m.go(t, 'confirmWord')
  else m.go(t, 'confirmPhase')
}

function addWrite(m: Machine, t: number): void {
  const entry = m.entry(m.running(t).id, operationOf(m, t).cell)
  m.s[entry + FLAGS] = ENTRY_WRITE
  m.s[entry + EXPECTED] = m.at(m.thread(t) + R_STAMP)
  m.advance(t)
  nextOperation(m, t)
}

function nextOlder(m: Machine, t: number, handle: number): void {
  const base = m.thread(t)
  m.s[base + R_HANDLE] = handle
  if (handle !== 0) return m.go(t, 'olderStamp')
  m.s[base + R_CLOCK] = 0
  m.s[base + R_VALUE] = ABSENT
  foundOlder(m, t)
}

function foundOlder(m: Machine, t: number): void {
  if (m.revocable) return m.go(t, 'olderLive')
  acceptOld(m, t, m.at(m.thread(t) + R_CLOCK), m.at(m.thread(t) + R_VALUE))
}

export const readSteps = {
  start(m: Machine, t: number): void {
    const { id, closed } = m.running(t)
    const transaction = m.transaction(id)
    m.s[transaction + BEFORE] = m.ended()
    m.s[transaction + OUTCOME] = RUNNING
    if (!closed) nextOperation(m, t)
    else if (m.fault === 'the closed map is set after the clock is advanced') m.go(t, 'closeEpoch')
    else m.go(t, 'markClosed')
    m.perform(t)
  },

  markClosed(m: Machine, t: number): void {
    m.s[CLOSED_MAP] = m.at(CLOSED_MAP) | (1 << t)
    const marksLate = m.fault === 'the closed map is set after the clock is advanced'
    m.go(t, marksLate ? 'publish' : 'closeEpoch')
  },

  closeEpoch(m: Machine, t: number): void {
    m.s[CLOCK] = m.at(CLOCK) + 1
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    const marksLate = m.fault === 'the closed map is set after the clock is advanced'
    m.go(t, marksLate ? 'markClosed' : 'publish')
  },

  publish(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + PHASE_STATE] = ACTIVE
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK)
    m.go(t, 'checkHorizon')
  },

  checkHorizon(m: Machine, t: number): void {
    const base = m.thread(t)
    const snapshot = m.at(base + R_CLOCK)
    const looks = m.fault !== 'snapshots are published without a look at the bound of the horizon'
    if (looks && m.at(HORIZON_BOUND) > snapshot) return m.go(t, 'reloadClock')
    m.s[base + BOUND] = snapshot
    m.clearRegisters(t)
    nextOperation(m, t)
  },

  reloadClock(m: Machine, t: number): void {
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    m.go(t, 'publish')
  },

  readWord(m: Machine, t: number): void {
    const cell = cellOf(m, t)
    const base = m.thread(t)
    m.clearRegisters(t)
    m.s[base + R_STAMP] = m.at(cell + STAMP)
    m.s[base + R_OWNER] = m.at(cell + OWNER)
    m.go(t, 'readValue')
  },

  readValue(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + R_VALUE] = m.at(cellOf(m, t) + VALUE)
    m.go(t, m.at(base + R_OWNER) === 0 ? 'readWordAgain' : 'readPhase')
  },

  readPhase(m: Machine, t: number): void {
    const base = m.thread(t)
    const owner = m.thread(m.at(base + R_OWNER) - 1)
    const state = m.at(owner + PHASE_STATE)
    const stamp = m.at(owner + PHASE_STAMP)
    if (!isStamped(state)) return m.go(t, 'readWordAgain')
    const { closed } = m.running(t)
    const within = stamp <= m.at(base + BOUND)
    const through = m.fault === 'owners with a timestamp up to the snapshot are read through'
    if (!closed || (within && !through)) {
      m.s[base + R_CLOCK] = stamp
      m.s[base + R_HANDLE] = state
      return m.go(t, 'awaitOwner')
    }
    if (state === STAMPED) return m.go(t, 'readWordAgain')
    if (m.fault !== 'the word is not looked at again after the phase said INSTALLING')
      return m.go(t, 'confirmOwner')
    readUnderInstalling(m, t)
  },

  /** Waits until the word of the cell or the phase of its owner changes. */
  awaitOwner(m: Machine, t: number): void {
    readSteps.readWord(m, t)
  },

  confirmOwner(m: Machine, t: number): void {
    if (isWordAsRead(m, t)) readUnderInstalling(m, t)
    else m.go(t, 'readWord')
  },

  keptHead(m: Machine, t: number): void {
    const head = m.at(cellOf(m, t) + HEAD)
    m.s[m.thread(t) + R_HANDLE] = head
    m.go(t, head === 0 ? 'readWordAgain' : 'keptStamp')
  },

  keptStamp(m: Machine, t: number): void {
    m.go(t, isKept(m, t) ? 'keptValue' : 'readWordAgain')
  },

  keptValue(m: Machine, t: number): void {
    m.s[m.thread(t) + R_KEEP] = m.at(versionOf(m, t) + VERSION_VALUE)
    m.go(t, 'keptStampAgain')
  },

  keptStampAgain(m: Machine, t: number): void {
    const base = m.thread(t)
    const looks = m.fault !== 'a kept version is read without a look at the right to the snapshot'
    if (!isKept(m, t)) m.go(t, 'readWordAgain')
    else if (m.revocable && looks) m.go(t, 'keptLive')
    else acceptOld(m, t, m.at(base + R_STAMP), m.at(base + R_KEEP))
  },

  keptLive(m: Machine, t: number): void {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) endWithout(m, t)
    else acceptOld(m, t, m.at(base + R_STAMP), m.at(base + R_KEEP))
  },

  readWordAgain(m: Machine, t: number): void {
    const base = m.thread(t)
    if (!isWordAsRead(m, t)) return m.go(t, 'readWord')
    const { id, closed } = m.running(t)
    const entry = m.entry(id, operationOf(m, t).cell)
    const stamp = m.at(base + R_STAMP)
    const hasEntry = m.at(entry + FLAGS) !== 0
    const known = hasEntry && m.at(entry + EXPECTED) === stamp
    const ahead = m.fault === 'versions above the bound are accepted' && !closed
    if (stamp <= m.at(base + BOUND) || known || ahead) acceptCurrent(m, t)
    else if (closed) m.go(t, 'olderHead')
    else if (hasEntry) endWithout(m, t)
    else extend(m, t)
  },

  olderHead(m: Machine, t: number): void {
    nextOlder(m, t, m.at(cellOf(m, t) + HEAD))
  },

  olderStamp(m: Machine, t: number): void {
    m.s[m.thread(t) + R_CLOCK] = m.at(versionOf(m, t) + VERSION_STAMP)
    m.go(t, 'olderValue')
  },

  olderValue(m: Machine, t: number): void {
    m.s[m.thread(t) + R_VALUE] = m.at(versionOf(m, t) + VERSION_VALUE)
    m.go(t, 'olderNext')
  },

  olderNext(m: Machine, t: number): void {
    m.s[m.thread(t) + R_KEEP] = m.at(versionOf(m, t) + VERSION_NEXT)
    m.go(t, 'olderStampAgain')
  },

  olderStampAgain(m: Machine, t: number): void {
    const base = m.thread(t)
    const stamp = m.at(base + R_CLOCK)
    if (m.at(versionOf(m, t) + VERSION_STAMP) !== stamp) m.go(t, 'olderHead')
    else if (stamp <= m.at(base + BOUND)) foundOlder(m, t)
    else nextOlder(m, t, m.at(base + R_KEEP))
  },

  olderLive(m: Machine, t: number): void {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) endWithout(m, t)
    else acceptOld(m, t, m.at(base + R_CLOCK), m.at(base + R_VALUE))
  },

  writeWord(m: Machine, t: number): void {
    const base = m.thread(t)
    const stamp = m.at(cellOf(m, t) + STAMP)
    m.s[base + R_STAMP] = stamp
    if (m.running(t).closed || stamp <= m.at(base + BOUND)) addWrite(m, t)
    else extend(m, t)
  },

  extendClock(m: Machine, t: number): void {
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    if (m.fault === 'extend loads the clock after it looked at the entries') extended(m, t)
    else nextEntry(m, t, 0)
  },

  extendWord(m: Machine, t: number): void {
    const base = m.thread(t)
    const index = m.at(base + R_CELL)
    const cell = m.cell(index)
    const owner = m.at(cell + OWNER)
    m.s[base + R_HANDLE] = owner
    if (m.at(cell + STAMP) !== m.at(m.entry(m.running(t).id, index) + EXPECTED)) endWithout(m, t)
    else if (owner === 0) nextEntry(m, t, index + 1)
    else m.go(t, 'extendPhase')
  },

  extendPhase(m: Machine, t: number): void {
    const owner = m.thread(m.at(m.thread(t) + R_HANDLE) - 1)
    const pass = m.fault === 'extend lets stamped locks pass'
    if (isStamped(m.at(owner + PHASE_STATE)) && !pass) endWithout(m, t)
    else m.go(t, 'extendWordAgain')
  },

  extendWordAgain(m: Machine, t: number): void {
    const base = m.thread(t)
    const index = m.at(base + R_CELL)
    const cell = m.cell(index)
    const same =
      m.at(cell + OWNER) === m.at(base + R_HANDLE) &&
      m.at(cell + STAMP) === m.at(m.entry(m.running(t).id, index) + EXPECTED)
    if (same) nextEntry(m, t, index + 1)
    else endWithout(m, t)
  },

  confirmPhase(m: Machine, t: number): void {
    const owner = m.thread(m.at(m.thread(t) + R_OWNER) - 1)
    if (isStamped(m.at(owner + PHASE_STATE))) m.go(t, 'readWord')
    else if (m.fault === 'extend looks at the word of that cell before it looks at the phase')
      acceptCurrent(m, t)
    else m.go(t, 'confirmWord')
  },

  confirmWord(m: Machine, t: number): void {
    const phaseLast =
      m.fault === 'extend looks at the word of that cell before it looks at the phase'
    if (!isWordAsRead(m, t)) m.go(t, 'readWord')
    else if (phaseLast && m.at(m.thread(t) + R_OWNER) !== 0) m.go(t, 'confirmPhase')
    else acceptCurrent(m, t)
  },
} satisfies Record<string, Step>

function versionOf(m: Machine, t: number): number {
  return m.version(operationOf(m, t).cell, m.at(m.thread(t) + R_HANDLE))
}

/** Whether the kept version is the one that the word which was read tells. */
function isKept(m: Machine, t: number): boolean {
  return m.at(versionOf(m, t) + VERSION_STAMP) === m.at(m.thread(t) + R_STAMP)
}

/** The owner installs a commit after the snapshot: what the cell had before is the answer. */
function readUnderInstalling(m: Machine, t: number): void {
  const base = m.thread(t)
  const stamp = m.at(base + R_STAMP)
  if (stamp === 0) acceptOld(m, t, 0, ABSENT)
  else m.go(t, stamp <= m.at(base + BOUND) ? 'keptHead' : 'readWordAgain')
}

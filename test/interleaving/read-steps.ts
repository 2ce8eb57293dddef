/** Steps of begin, read, write and extend. See kernel/read.ts, write.ts, snapshot.ts, transaction.ts. */
import { beginCommit, endWithout } from './commit-steps.ts'
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
  type Step,
  type StepName,
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
function nextOperation(m: Machine, t: number): StepName {
  const { id, operations } = m.running(t)
  for (;;) {
    const operation = operations[m.operationIndex(t)]
    if (operation === undefined) return beginCommit(m, t)
    const entry = m.entry(id, operation.cell)
    const flags = m.at(entry + FLAGS)
    if (operation.kind === 'read' && !(flags & ENTRY_WRITE)) return 'readWord'
    if (operation.kind === 'write' && flags === 0) return 'writeWord'
    if (operation.kind === 'write') m.s[entry + FLAGS] = flags | ENTRY_WRITE
    m.advance(t)
  }
}

function accept(m: Machine, t: number, stamp: number, value: number, flags: number): StepName {
  const { id } = m.running(t)
  const { cell } = operationOf(m, t)
  const entry = m.entry(id, cell)
  if (!m.isVersion(cell, stamp, value)) {
    m.trouble = value === ABSENT ? 'a version is missing' : 'a read was torn or uncommitted'
  }
  if (m.at(entry + FLAGS) === 0) {
    m.s[entry + FLAGS] = flags
    m.s[entry + EXPECTED] = stamp
    m.s[entry + READ_VALUE] = value + 1
  } else if (m.at(entry + READ_VALUE) !== value + 1) {
    m.trouble = 'a cell was read twice and had two values'
  }
  m.advance(t)
  return nextOperation(m, t)
}

function acceptCurrent(m: Machine, t: number): StepName {
  const base = m.thread(t)
  return accept(m, t, m.at(base + R_STAMP), m.at(base + R_VALUE), ENTRY_READ)
}

function acceptOld(m: Machine, t: number, stamp: number, value: number): StepName {
  return accept(m, t, stamp, value, ENTRY_READ | ENTRY_STALE)
}

/** The next entry that `extend` has to look at, or its end. */
function nextEntry(m: Machine, t: number, from: number): StepName {
  const { id } = m.running(t)
  for (let cell = from; cell < m.program.cellCount; cell++) {
    if (m.at(m.entry(id, cell) + FLAGS) === 0) continue
    m.s[m.thread(t) + R_CELL] = cell
    return 'extendWord'
  }
  if (m.fault === 'extend loads the clock after it looked at the entries') return 'extendClock'
  return extended(m, t)
}

function extend(m: Machine, t: number): StepName {
  if (m.fault === 'extend loads the clock after it looked at the entries') return nextEntry(m, t, 0)
  return 'extendClock'
}

function extended(m: Machine, t: number): StepName {
  const base = m.thread(t)
  m.s[base + BOUND] = m.at(base + R_CLOCK)
  if (operationOf(m, t).kind === 'write') return addWrite(m, t)
  if (m.fault === 'extend does not look at the cell that is being read') return acceptCurrent(m, t)
  if (m.at(base + R_OWNER) === 0) return 'confirmWord'
  if (m.fault === 'extend looks at the word of that cell before it looks at the phase')
    return 'confirmWord'
  return 'confirmPhase'
}

function addWrite(m: Machine, t: number): StepName {
  const entry = m.entry(m.running(t).id, operationOf(m, t).cell)
  m.s[entry + FLAGS] = ENTRY_WRITE
  m.s[entry + EXPECTED] = m.at(m.thread(t) + R_STAMP)
  m.advance(t)
  return nextOperation(m, t)
}

function nextOlder(m: Machine, t: number, handle: number): StepName {
  const base = m.thread(t)
  m.s[base + R_HANDLE] = handle
  if (handle !== 0) return 'olderStamp'
  m.s[base + R_CLOCK] = 0
  m.s[base + R_VALUE] = ABSENT
  return foundOlder(m, t)
}

function foundOlder(m: Machine, t: number): StepName {
  if (m.revocable) return 'olderLive'
  return acceptOld(m, t, m.at(m.thread(t) + R_CLOCK), m.at(m.thread(t) + R_VALUE))
}

export const readSteps = {
  start(m: Machine, t: number): StepName {
    const { id, closed } = m.running(t)
    const transaction = m.transaction(id)
    m.s[transaction + BEFORE] = m.ended()
    m.s[transaction + OUTCOME] = RUNNING
    if (!closed) return nextOperation(m, t)
    if (m.fault === 'the closed map is set after the clock is advanced') return 'closeEpoch'
    return 'markClosed'
  },

  markClosed(m: Machine, t: number): StepName {
    m.s[CLOSED_MAP] = m.at(CLOSED_MAP) | (1 << t)
    const marksLate = m.fault === 'the closed map is set after the clock is advanced'
    return marksLate ? 'publish' : 'closeEpoch'
  },

  closeEpoch(m: Machine, t: number): StepName {
    if (m.fault !== 'a closed snapshot does not close the epoch') m.s[CLOCK] = m.at(CLOCK) + 1
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    const marksLate = m.fault === 'the closed map is set after the clock is advanced'
    return marksLate ? 'markClosed' : 'publish'
  },

  publish(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + PHASE_STATE] = ACTIVE
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK)
    return 'checkHorizon'
  },

  checkHorizon(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const snapshot = m.at(base + R_CLOCK)
    const looks = m.fault !== 'snapshots are published without a look at the bound of the horizon'
    if (looks && m.at(HORIZON_BOUND) > snapshot) return 'reloadClock'
    m.s[base + BOUND] = snapshot
    m.clearRegisters(t)
    return nextOperation(m, t)
  },

  reloadClock(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    return 'publish'
  },

  readWord(m: Machine, t: number): StepName {
    const cell = cellOf(m, t)
    const base = m.thread(t)
    m.clearRegisters(t)
    m.s[base + R_STAMP] = m.at(cell + STAMP)
    m.s[base + R_OWNER] = m.at(cell + OWNER)
    return 'readValue'
  },

  readValue(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + R_VALUE] = m.at(cellOf(m, t) + VALUE)
    return m.at(base + R_OWNER) === 0 ? 'readWordAgain' : 'readPhase'
  },

  readPhase(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const owner = m.thread(m.at(base + R_OWNER) - 1)
    const state = m.at(owner + PHASE_STATE)
    const stamp = m.at(owner + PHASE_STAMP)
    if (!isStamped(state)) return 'readWordAgain'
    const { closed } = m.running(t)
    const within = stamp <= m.at(base + BOUND)
    const through = m.fault === 'owners with a timestamp up to the snapshot are read through'
    if (!closed || (within && !through)) {
      m.s[base + R_CLOCK] = stamp
      m.s[base + R_HANDLE] = state
      return 'awaitOwner'
    }
    if (state === STAMPED) return 'readWordAgain'
    if (m.fault !== 'the word is not looked at again after the phase said INSTALLING')
      return 'confirmOwner'
    return readUnderInstalling(m, t)
  },

  /** Waits until the word of the cell or the phase of its owner changes. */
  awaitOwner(m: Machine, t: number): StepName {
    return readSteps.readWord(m, t)
  },

  confirmOwner(m: Machine, t: number): StepName {
    if (isWordAsRead(m, t)) return readUnderInstalling(m, t)
    return 'readWord'
  },

  keptHead(m: Machine, t: number): StepName {
    const head = m.at(cellOf(m, t) + HEAD)
    m.s[m.thread(t) + R_HANDLE] = head
    return head === 0 ? 'readWordAgain' : 'keptStamp'
  },

  keptStamp(m: Machine, t: number): StepName {
    return isKept(m, t) ? 'keptValue' : 'readWordAgain'
  },

  keptValue(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_KEEP] = m.at(versionOf(m, t) + VERSION_VALUE)
    return 'keptStampAgain'
  },

  keptStampAgain(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const looks = m.fault !== 'a kept version is read without a look at the right to the snapshot'
    if (!isKept(m, t)) return 'readWordAgain'
    if (m.revocable && looks) return 'keptLive'
    return acceptOld(m, t, m.at(base + R_STAMP), m.at(base + R_KEEP))
  },

  keptLive(m: Machine, t: number): StepName {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) return endWithout(m, t)
    return acceptOld(m, t, m.at(base + R_STAMP), m.at(base + R_KEEP))
  },

  readWordAgain(m: Machine, t: number): StepName {
    const base = m.thread(t)
    if (!isWordAsRead(m, t)) return 'readWord'
    const { id, closed } = m.running(t)
    const entry = m.entry(id, operationOf(m, t).cell)
    const stamp = m.at(base + R_STAMP)
    const hasEntry = m.at(entry + FLAGS) !== 0
    const known = hasEntry && m.at(entry + EXPECTED) === stamp
    const ahead = m.fault === 'versions above the bound are accepted' && !closed
    if (stamp <= m.at(base + BOUND) || known || ahead) return acceptCurrent(m, t)
    if (closed) return 'olderHead'
    if (hasEntry) return endWithout(m, t)
    return extend(m, t)
  },

  olderHead(m: Machine, t: number): StepName {
    return nextOlder(m, t, m.at(cellOf(m, t) + HEAD))
  },

  olderStamp(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_CLOCK] = m.at(versionOf(m, t) + VERSION_STAMP)
    return 'olderValue'
  },

  olderValue(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_VALUE] = m.at(versionOf(m, t) + VERSION_VALUE)
    return 'olderNext'
  },

  olderNext(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_KEEP] = m.at(versionOf(m, t) + VERSION_NEXT)
    return 'olderStampAgain'
  },

  olderStampAgain(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const stamp = m.at(base + R_CLOCK)
    if (m.at(versionOf(m, t) + VERSION_STAMP) !== stamp) return 'olderHead'
    if (stamp <= m.at(base + BOUND)) return foundOlder(m, t)
    return nextOlder(m, t, m.at(base + R_KEEP))
  },

  olderLive(m: Machine, t: number): StepName {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) return endWithout(m, t)
    return acceptOld(m, t, m.at(base + R_CLOCK), m.at(base + R_VALUE))
  },

  writeWord(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const stamp = m.at(cellOf(m, t) + STAMP)
    m.s[base + R_STAMP] = stamp
    if (m.running(t).closed || stamp <= m.at(base + BOUND)) return addWrite(m, t)
    return extend(m, t)
  },

  extendClock(m: Machine, t: number): StepName {
    m.s[m.thread(t) + R_CLOCK] = m.at(CLOCK)
    if (m.fault === 'extend loads the clock after it looked at the entries') return extended(m, t)
    return nextEntry(m, t, 0)
  },

  extendWord(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const index = m.at(base + R_CELL)
    const cell = m.cell(index)
    const owner = m.at(cell + OWNER)
    m.s[base + R_HANDLE] = owner
    if (m.at(cell + STAMP) !== m.at(m.entry(m.running(t).id, index) + EXPECTED))
      return endWithout(m, t)
    if (owner === 0) return nextEntry(m, t, index + 1)
    return 'extendPhase'
  },

  extendPhase(m: Machine, t: number): StepName {
    const owner = m.thread(m.at(m.thread(t) + R_HANDLE) - 1)
    const pass = m.fault === 'extend lets stamped locks pass'
    if (isStamped(m.at(owner + PHASE_STATE)) && !pass) return endWithout(m, t)
    return 'extendWordAgain'
  },

  extendWordAgain(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const index = m.at(base + R_CELL)
    const cell = m.cell(index)
    const same =
      m.at(cell + OWNER) === m.at(base + R_HANDLE) &&
      m.at(cell + STAMP) === m.at(m.entry(m.running(t).id, index) + EXPECTED)
    if (same) return nextEntry(m, t, index + 1)
    return endWithout(m, t)
  },

  confirmPhase(m: Machine, t: number): StepName {
    const owner = m.thread(m.at(m.thread(t) + R_OWNER) - 1)
    if (isStamped(m.at(owner + PHASE_STATE))) return 'readWord'
    if (m.fault === 'extend looks at the word of that cell before it looks at the phase')
      return acceptCurrent(m, t)
    return 'confirmWord'
  },

  confirmWord(m: Machine, t: number): StepName {
    const phaseLast =
      m.fault === 'extend looks at the word of that cell before it looks at the phase'
    if (!isWordAsRead(m, t)) return 'readWord'
    if (phaseLast && m.at(m.thread(t) + R_OWNER) !== 0) return 'confirmPhase'
    return acceptCurrent(m, t)
  },
} satisfies Partial<Record<StepName, Step>>

function versionOf(m: Machine, t: number): number {
  return m.version(operationOf(m, t).cell, m.at(m.thread(t) + R_HANDLE))
}

/** Whether the kept version is the one that the word which was read tells. */
function isKept(m: Machine, t: number): boolean {
  return m.at(versionOf(m, t) + VERSION_STAMP) === m.at(m.thread(t) + R_STAMP)
}

/** The owner installs a commit after the snapshot: what the cell had before is the answer. */
function readUnderInstalling(m: Machine, t: number): StepName {
  const base = m.thread(t)
  const stamp = m.at(base + R_STAMP)
  if (stamp === 0) return acceptOld(m, t, 0, ABSENT)
  return stamp <= m.at(base + BOUND) ? 'keptHead' : 'readWordAgain'
}

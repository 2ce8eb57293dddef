/** Steps of commit, abort and recovery: one shared access each. See kernel/commit.ts, lock.ts,
 * install.ts, horizon.ts and recover.ts. */
import type { Step } from './epoch-model.ts'
import {
  ABORTED,
  ABORTING,
  ACTIVE,
  BOUND,
  CLOCK,
  CLOSED_MAP,
  COMMIT,
  COMMITTED,
  ENTRY_READ,
  ENTRY_STALE,
  ENTRY_WRITE,
  EXPECTED,
  FIRST,
  FLAGS,
  FREE,
  HEAD,
  HORIZON,
  HORIZON_BOUND,
  INSTALLING,
  KEPT_IN,
  type Machine,
  OWNER,
  PHASE_STAMP,
  PHASE_STATE,
  R_CELL,
  R_CLOCK,
  R_KEEP,
  R_LARGEST,
  R_OUTCOME,
  R_OWNER,
  R_STAMP,
  REPLACED,
  REVOKED,
  SETTLED,
  STAMP,
  STAMPED,
  VALUE,
  VERSION_NEXT,
  VERSION_STAMP,
  VERSION_VALUE,
} from './machine.ts'

/** Index of the written cell that the running loop is at. */
function writtenCell(m: Machine, t: number): number {
  return m.running(t).written[m.at(m.thread(t) + R_CELL)] as number
}

export function beginCommit(m: Machine, t: number): void {
  const { closed, written, computesHorizon } = m.running(t)
  if (written.length > 0) return computesHorizon ? m.go(t, 'closeForHorizon') : lockNext(m, t)
  if (!closed) return m.end(t, COMMITTED)
  m.s[m.thread(t) + R_OUTCOME] = COMMITTED
  m.go(t, m.revocable ? 'checkLive' : 'freeSlot')
}

/** Ends a transaction that holds no lock, without its writes. */
export function endWithout(m: Machine, t: number): void {
  if (!m.running(t).closed) return m.end(t, ABORTED)
  m.s[m.thread(t) + R_OUTCOME] = ABORTED
  m.go(t, 'freeSlot')
}

/** Locks the next written cell, or takes the timestamp. */
function lockNext(m: Machine, t: number): void {
  const base = m.thread(t)
  const { written, closed } = m.running(t)
  if (m.at(base + R_CELL) < written.length) return m.go(t, closed ? 'lockWord' : 'lockAtOnce')
  m.s[base + R_CELL] = 0
  if (m.fault === 'the reads are validated before the timestamp is taken') validateNext(m, t, 0)
  else takeTimestamp(m, t)
}

function locked(m: Machine, t: number): void {
  const base = m.thread(t)
  const cell = m.cell(writtenCell(m, t))
  m.s[cell + OWNER] = t + 1
  const largest = Math.max(m.at(base + R_LARGEST), m.at(cell + STAMP))
  const next = m.at(base + R_CELL) + 1
  m.clearRegisters(t)
  m.s[base + R_LARGEST] = largest
  m.s[base + R_CELL] = next
  lockNext(m, t)
}

function giveUp(m: Machine, t: number): void {
  m.s[m.thread(t) + R_OUTCOME] = ABORTED
  if (isStamped(m, t)) m.go(t, 'markAborting')
  else unlockNext(m, t)
}

function unlockNext(m: Machine, t: number): void {
  if (ownedCell(m, t) === undefined) freeSlot(m, t)
  else m.go(t, 'unlock')
}

function ownedCell(m: Machine, t: number): number | undefined {
  return m.running(t).written.find((cell) => m.at(m.cell(cell) + OWNER) === t + 1)
}

function freeSlot(m: Machine, t: number): void {
  // A slot that was never anything but FREE need not be freed.
  if (m.at(m.thread(t) + PHASE_STATE) !== FREE) m.go(t, 'freeSlot')
  else if (m.running(t).closed) m.go(t, 'leaveClosed')
  else m.end(t, m.at(m.thread(t) + R_OUTCOME))
}

function isStamped(m: Machine, t: number): boolean {
  const state = m.at(m.thread(t) + PHASE_STATE)
  return state === STAMPED || state === INSTALLING
}

function mustValidate(m: Machine, t: number): boolean {
  return m.running(t).validates && m.fault !== 'reads that are not written are not validated'
}

function takeTimestamp(m: Machine, t: number): void {
  const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
  m.go(t, mapFirst ? 'stampMap' : 'stampClock')
}

function timestampTaken(m: Machine, t: number): void {
  const { id } = m.running(t)
  m.s[m.transaction(id) + SETTLED] = 1
  if (!mustValidate(m, t)) return committed(m, t)
  if (m.fault === 'the reads are validated before the timestamp is taken') m.go(t, 'commitPoint')
  else validateNext(m, t, 0)
}

/** Validates the next read that is not written, from this cell on. */
function validateNext(m: Machine, t: number, from: number): void {
  const { id } = m.running(t)
  for (let cell = from; cell < m.program.cellCount && mustValidate(m, t); cell++) {
    const flags = m.at(m.entry(id, cell) + FLAGS)
    if ((flags & (ENTRY_READ | ENTRY_WRITE)) !== ENTRY_READ) continue
    m.s[m.thread(t) + R_CELL] = cell
    return m.go(t, 'validate')
  }
  if (m.fault === 'the reads are validated before the timestamp is taken') takeTimestamp(m, t)
  else m.go(t, 'commitPoint')
}

/** After the commit point, with the timestamp in the phase. */
function committed(m: Machine, t: number): void {
  const base = m.thread(t)
  m.s[m.transaction(m.running(t).id) + COMMIT] = m.at(base + PHASE_STAMP)
  m.s[base + R_OUTCOME] = COMMITTED
  installNext(m, t, 0)
}

/** Installs the next written cell that is still locked; recovery goes the same way. */
function installNext(m: Machine, t: number, from: number): void {
  const base = m.thread(t)
  const { id, written } = m.running(t)
  for (let index = from; index < written.length; index++) {
    const cell = m.cell(written[index] as number)
    if (m.at(cell + OWNER) !== t + 1) continue
    m.s[base + R_CELL] = index
    const kept = m.at(m.entry(id, written[index] as number) + KEPT_IN)
    if (kept !== 0) return m.go(t, isFilled(m, t, kept) ? 'storeValue' : 'reuseValue')
    if (m.at(base + R_KEEP) === 0 || m.at(cell + STAMP) === 0) return m.go(t, 'storeValue')
    return keep(m, t)
  }
  freeSlot(m, t)
}

function keep(m: Machine, t: number): void {
  const index = writtenCell(m, t)
  const cell = m.cell(index)
  const head = m.at(cell + HEAD)
  const horizon = m.at(m.thread(t) + HORIZON)
  if (head !== 0 && m.at(cell + STAMP) <= horizon) return m.go(t, 'reuseValue')
  const version = head === 0 ? 0 : m.version(index, head)
  const cuts = head !== 0 && m.at(version + VERSION_STAMP) <= horizon
  m.go(t, cuts && m.at(version + VERSION_NEXT) !== 0 ? 'cutBehind' : 'linkVersion')
}

function isFilled(m: Machine, t: number, handle: number): boolean {
  const index = writtenCell(m, t)
  return m.at(m.version(index, handle) + VERSION_STAMP) === m.at(m.cell(index) + STAMP)
}

function noteKept(m: Machine, t: number, handle: number): void {
  m.s[m.entry(m.running(t).id, writtenCell(m, t)) + KEPT_IN] = handle
}

/** Goes on with the horizon at the next thread that may have a closed snapshot. */
function horizonNext(m: Machine, t: number, from: number): void {
  const base = m.thread(t)
  for (let other = from; other < m.program.threads.length; other++) {
    const part = m.program.threads[other]
    if (other === t || typeof part === 'string' || !part?.some(({ closed }) => closed)) continue
    if (m.fault === 'the horizon misses a closed reader' && other === 0) continue
    m.s[base + R_CELL] = other
    return m.go(t, 'lookForSnapshot')
  }
  m.s[base + HORIZON] = m.at(base + R_LARGEST)
  m.clearRegisters(t)
  lockNext(m, t)
}

/** Whether recovery may take another timestamp for a commit that nobody can have seen. */
function mayMove(m: Machine, t: number): boolean {
  const { id, written, validates } = m.running(t)
  const untouched = written.every((cell) => m.at(m.cell(cell) + OWNER) === t + 1)
  if (m.fault === 'recovery moves a timestamp that was validated') return untouched
  if (m.fault === 'recovery moves a timestamp after values were stored')
    return untouched && !validates
  return m.at(m.transaction(id) + SETTLED) === 0
}

export const commitSteps = {
  tick(m: Machine, t: number): void {
    m.s[CLOCK] = m.at(CLOCK) + 1
    m.finish(t)
  },

  revoke(m: Machine, t: number): void {
    m.s[m.thread(0) + PHASE_STATE] = REVOKED
    m.finish(t)
  },

  checkLive(m: Machine, t: number): void {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) m.s[base + R_OUTCOME] = ABORTED
    m.go(t, 'freeSlot')
  },

  closeForHorizon(m: Machine, t: number): void {
    m.s[CLOCK] = m.at(CLOCK) + 1
    m.s[m.thread(t) + R_LARGEST] = m.at(CLOCK)
    m.go(t, 'raiseBound')
  },

  raiseBound(m: Machine, t: number): void {
    m.s[HORIZON_BOUND] = Math.max(m.at(HORIZON_BOUND), m.at(m.thread(t) + R_LARGEST))
    horizonNext(m, t, 0)
  },

  lookForSnapshot(m: Machine, t: number): void {
    const base = m.thread(t)
    const other = m.at(base + R_CELL)
    const snapshot = m.at(m.thread(other) + PHASE_STAMP)
    if (m.at(m.thread(other) + PHASE_STATE) === ACTIVE)
      m.s[base + R_LARGEST] = Math.min(m.at(base + R_LARGEST), snapshot)
    horizonNext(m, t, other + 1)
  },

  lockAtOnce(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const expected = m.at(m.entry(m.running(t).id, index) + EXPECTED)
    if (m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === expected) locked(m, t)
    else m.go(t, 'lockWord')
  },

  lockWord(m: Machine, t: number): void {
    const base = m.thread(t)
    const { id, closed } = m.running(t)
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const stamp = m.at(cell + STAMP)
    m.s[base + R_STAMP] = stamp
    m.s[base + R_OWNER] = m.at(cell + OWNER)
    const late = closed && stamp > m.at(base + BOUND)
    if (m.at(cell + OWNER) !== 0) m.go(t, 'awaitLock')
    else if (stamp === m.at(m.entry(id, index) + EXPECTED) && !late) m.go(t, 'lockTry')
    else giveUp(m, t)
  },

  /** Waits until the word of the cell changes. */
  awaitLock(m: Machine, t: number): void {
    commitSteps.lockWord(m, t)
  },

  lockTry(m: Machine, t: number): void {
    const cell = m.cell(writtenCell(m, t))
    const free = m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === m.at(m.thread(t) + R_STAMP)
    if (free) locked(m, t)
    else m.go(t, 'lockWord')
  },

  stampClock(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + R_CLOCK] = m.at(CLOCK)
    const ties = m.fault === 'the timestamp may equal that of the replaced version'
    if (m.at(base + R_LARGEST) > m.at(CLOCK) && !ties) return m.go(t, 'moveClock')
    const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
    m.go(t, mapFirst ? 'stampPublish' : 'stampMap')
  },

  moveClock(m: Machine, t: number): void {
    if (m.at(CLOCK) === m.at(m.thread(t) + R_CLOCK)) m.s[CLOCK] = m.at(CLOCK) + 1
    takeTimestamp(m, t)
  },

  stampMap(m: Machine, t: number): void {
    const own = m.running(t).closed ? 1 << t : 0
    m.s[m.thread(t) + R_KEEP] = (m.at(CLOSED_MAP) & ~own) === 0 ? 0 : 1
    const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
    m.go(t, mapFirst ? 'stampClock' : 'stampPublish')
  },

  stampPublish(m: Machine, t: number): void {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) return giveUp(m, t)
    m.s[base + PHASE_STATE] = mustValidate(m, t) ? STAMPED : INSTALLING
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK) + 1
    if (m.fault === 'the clock is not looked at again after the timestamp is published')
      timestampTaken(m, t)
    else m.go(t, 'stampConfirm')
  },

  stampConfirm(m: Machine, t: number): void {
    if (m.at(CLOCK) === m.at(m.thread(t) + R_CLOCK)) timestampTaken(m, t)
    else takeTimestamp(m, t)
  },

  validate(m: Machine, t: number): void {
    const index = m.at(m.thread(t) + R_CELL)
    const entry = m.entry(m.running(t).id, index)
    const cell = m.cell(index)
    const current = m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === m.at(entry + EXPECTED)
    if (current && !(m.at(entry + FLAGS) & ENTRY_STALE)) validateNext(m, t, index + 1)
    else giveUp(m, t)
  },

  commitPoint(m: Machine, t: number): void {
    m.s[m.thread(t) + PHASE_STATE] = INSTALLING
    committed(m, t)
  },

  reuseValue(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    const head = m.at(m.cell(index) + HEAD)
    noteKept(m, t, head)
    m.s[m.version(index, head) + VERSION_VALUE] = m.at(m.cell(index) + VALUE)
    m.go(t, 'reuseNext')
  },

  reuseNext(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    m.s[m.version(index, m.at(m.cell(index) + HEAD)) + VERSION_NEXT] = 0
    m.go(t, 'reuseStamp')
  },

  reuseStamp(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    m.s[m.version(index, m.at(cell + HEAD)) + VERSION_STAMP] = m.at(cell + STAMP)
    m.go(t, 'storeValue')
  },

  cutBehind(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    m.s[m.version(index, m.at(m.cell(index) + HEAD)) + VERSION_NEXT] = 0
    m.go(t, 'linkVersion')
  },

  /** Fills a block that nobody else sees, and links it. */
  linkVersion(m: Machine, t: number): void {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const handle = m.freshVersion(index)
    const version = m.version(index, handle)
    noteKept(m, t, handle)
    m.s[version + VERSION_STAMP] = m.at(cell + STAMP)
    m.s[version + VERSION_VALUE] = m.at(cell + VALUE)
    m.s[version + VERSION_NEXT] = m.at(cell + HEAD)
    m.s[cell + HEAD] = handle
    m.go(t, 'storeValue')
  },

  storeValue(m: Machine, t: number): void {
    const { id } = m.running(t)
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const own = FIRST + 1 + id
    if (m.at(cell + VALUE) !== own) m.s[m.entry(id, index) + REPLACED] = m.at(cell + VALUE) + 1
    m.s[cell + VALUE] = own
    m.go(t, 'storeWord')
  },

  storeWord(m: Machine, t: number): void {
    const base = m.thread(t)
    const cell = m.cell(writtenCell(m, t))
    const timestamp = m.at(base + PHASE_STAMP)
    if (timestamp <= m.at(cell + STAMP)) m.trouble = 'timestamps along a chain do not decrease'
    m.s[cell + STAMP] = timestamp
    m.s[cell + OWNER] = 0
    installNext(m, t, m.at(base + R_CELL) + 1)
  },

  markAborting(m: Machine, t: number): void {
    m.s[m.thread(t) + PHASE_STATE] = ABORTING
    m.s[m.thread(t) + PHASE_STAMP] = 0
    unlockNext(m, t)
  },

  unlock(m: Machine, t: number): void {
    m.s[m.cell(ownedCell(m, t) as number) + OWNER] = 0
    unlockNext(m, t)
  },

  freeSlot(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + PHASE_STATE] = FREE
    m.s[base + PHASE_STAMP] = 0
    if (m.running(t).closed) m.go(t, 'leaveClosed')
    else m.end(t, m.at(base + R_OUTCOME))
  },

  leaveClosed(m: Machine, t: number): void {
    m.s[CLOSED_MAP] = m.at(CLOSED_MAP) & ~(1 << t)
    m.end(t, m.at(m.thread(t) + R_OUTCOME))
  },

  recover(m: Machine, t: number): void {
    const base = m.thread(t)
    const hadEnded = m.at(m.transaction(m.running(t).id) + COMMIT) !== 0
    m.s[base + R_OUTCOME] = hadEnded ? COMMITTED : ABORTED
    if (m.at(base + PHASE_STATE) !== INSTALLING) return unlockNext(m, t)
    m.s[base + R_KEEP] = 1
    if (mayMove(m, t)) m.go(t, 'settleClock')
    else committed(m, t)
  },

  settleClock(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + R_CLOCK] = m.at(CLOCK)
    if (m.at(CLOCK) < m.at(base + PHASE_STAMP)) committed(m, t)
    else m.go(t, 'settlePublish')
  },

  settlePublish(m: Machine, t: number): void {
    const base = m.thread(t)
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK) + 1
    m.go(t, 'settleClock')
  },
} satisfies Record<string, Step>

/**
 * Steps of commit, abort and recovery. See kernel/commit.ts, lock.ts, install.ts, horizon.ts and
 * recover.ts.
 */
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
  type Step,
  type StepName,
  VALUE,
  VERSION_NEXT,
  VERSION_STAMP,
  VERSION_VALUE,
} from './machine.ts'

/** Index of the written cell that the running loop is at. */
function writtenCell(m: Machine, t: number): number {
  return m.running(t).written[m.at(m.thread(t) + R_CELL)] as number
}

export function beginCommit(m: Machine, t: number): StepName {
  const { closed, written, computesHorizon } = m.running(t)
  if (written.length > 0) return computesHorizon ? 'closeForHorizon' : lockNext(m, t)
  if (!closed) return m.end(t, COMMITTED)
  m.s[m.thread(t) + R_OUTCOME] = COMMITTED
  return m.revocable ? 'checkLive' : 'freeSlot'
}

/** Ends a transaction that holds no lock, without its writes. */
export function endWithout(m: Machine, t: number): StepName {
  if (!m.running(t).closed) return m.end(t, ABORTED)
  m.s[m.thread(t) + R_OUTCOME] = ABORTED
  return 'freeSlot'
}

/** Locks the next written cell, or takes the timestamp. */
function lockNext(m: Machine, t: number): StepName {
  const base = m.thread(t)
  const { written, closed } = m.running(t)
  if (m.at(base + R_CELL) < written.length) return closed ? 'lockWord' : 'lockAtOnce'
  m.s[base + R_CELL] = 0
  if (m.fault === 'the reads are validated before the timestamp is taken')
    return validateNext(m, t, 0)
  return takeTimestamp(m)
}

function locked(m: Machine, t: number): StepName {
  const base = m.thread(t)
  const cell = m.cell(writtenCell(m, t))
  m.s[cell + OWNER] = t + 1
  const largest = Math.max(m.at(base + R_LARGEST), m.at(cell + STAMP))
  const next = m.at(base + R_CELL) + 1
  m.clearRegisters(t)
  m.s[base + R_LARGEST] = largest
  m.s[base + R_CELL] = next
  return lockNext(m, t)
}

function giveUp(m: Machine, t: number): StepName {
  m.s[m.thread(t) + R_OUTCOME] = ABORTED
  if (isStamped(m, t)) return 'markAborting'
  return unlockNext(m, t)
}

function unlockNext(m: Machine, t: number): StepName {
  if (ownedCell(m, t) === undefined) return freeSlot(m, t)
  return 'unlock'
}

function ownedCell(m: Machine, t: number): number | undefined {
  return m.running(t).written.find((cell) => m.at(m.cell(cell) + OWNER) === t + 1)
}

function freeSlot(m: Machine, t: number): StepName {
  // A slot that was never anything but FREE need not be freed.
  if (m.at(m.thread(t) + PHASE_STATE) !== FREE) return 'freeSlot'
  if (m.running(t).closed) return 'leaveClosed'
  return m.end(t, m.at(m.thread(t) + R_OUTCOME))
}

function isStamped(m: Machine, t: number): boolean {
  const state = m.at(m.thread(t) + PHASE_STATE)
  return state === STAMPED || state === INSTALLING
}

function mustValidate(m: Machine, t: number): boolean {
  return m.running(t).validates && m.fault !== 'reads that are not written are not validated'
}

function takeTimestamp(m: Machine): StepName {
  const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
  return mapFirst ? 'stampMap' : 'stampClock'
}

function timestampTaken(m: Machine, t: number): StepName {
  const { id } = m.running(t)
  m.s[m.transaction(id) + SETTLED] = 1
  if (!mustValidate(m, t)) return committed(m, t)
  if (m.fault === 'the reads are validated before the timestamp is taken') return 'commitPoint'
  return validateNext(m, t, 0)
}

/** Validates the next read that is not written, from this cell on. */
function validateNext(m: Machine, t: number, from: number): StepName {
  const { id } = m.running(t)
  for (let cell = from; cell < m.program.cellCount && mustValidate(m, t); cell++) {
    const flags = m.at(m.entry(id, cell) + FLAGS)
    if ((flags & (ENTRY_READ | ENTRY_WRITE)) !== ENTRY_READ) continue
    m.s[m.thread(t) + R_CELL] = cell
    return 'validate'
  }
  if (m.fault === 'the reads are validated before the timestamp is taken') return takeTimestamp(m)
  return 'commitPoint'
}

/** After the commit point, with the timestamp in the phase. */
function committed(m: Machine, t: number): StepName {
  const base = m.thread(t)
  m.s[m.transaction(m.running(t).id) + COMMIT] = m.at(base + PHASE_STAMP)
  m.s[base + R_OUTCOME] = COMMITTED
  return installNext(m, t, 0)
}

/** Installs the next written cell that is still locked; recovery goes the same way. */
function installNext(m: Machine, t: number, from: number): StepName {
  const base = m.thread(t)
  const { id, written } = m.running(t)
  for (let index = from; index < written.length; index++) {
    const cell = m.cell(written[index] as number)
    if (m.at(cell + OWNER) !== t + 1) continue
    m.s[base + R_CELL] = index
    const entry = m.entry(id, written[index] as number)
    const kept = m.at(entry + KEPT_IN)
    if (kept !== 0) return isFilled(m, t, kept) ? 'storeValue' : 'reuseValue'
    const looks = m.fault !== 'recovery keeps what the dead thread had stored'
    const isStored = m.at(entry + REPLACED) !== 0 && looks
    if (m.at(base + R_KEEP) === 0 || m.at(cell + STAMP) === 0 || isStored) return 'storeValue'
    return keep(m, t)
  }
  return freeSlot(m, t)
}

function keep(m: Machine, t: number): StepName {
  const index = writtenCell(m, t)
  const cell = m.cell(index)
  const head = m.at(cell + HEAD)
  const horizon = m.at(m.thread(t) + HORIZON)
  if (head !== 0 && m.at(cell + STAMP) <= horizon) return 'reuseValue'
  const version = head === 0 ? 0 : m.version(index, head)
  const cuts = head !== 0 && m.at(version + VERSION_STAMP) <= horizon
  return cuts && m.at(version + VERSION_NEXT) !== 0 ? 'cutBehind' : 'linkVersion'
}

function isFilled(m: Machine, t: number, handle: number): boolean {
  const index = writtenCell(m, t)
  return m.at(m.version(index, handle) + VERSION_STAMP) === m.at(m.cell(index) + STAMP)
}

/** Notes where the current version is kept; fills the block up to its timestamp. */
function fill(m: Machine, t: number, handle: number): void {
  const index = writtenCell(m, t)
  const cell = m.cell(index)
  if (!m.isVersion(index, m.at(cell + STAMP), m.at(cell + VALUE)))
    m.trouble = 'a version was kept that never was'
  m.s[m.entry(m.running(t).id, index) + KEPT_IN] = handle
  m.s[m.version(index, handle) + VERSION_VALUE] = m.at(cell + VALUE)
}

/** Goes on with the horizon at the next thread that may have a closed snapshot. */
function horizonNext(m: Machine, t: number, from: number): StepName {
  const base = m.thread(t)
  for (let other = from; other < m.program.threads.length; other++) {
    const part = m.program.threads[other]
    if (other === t || typeof part === 'string' || !part?.some(({ closed }) => closed)) continue
    if (m.fault === 'the horizon misses a closed reader' && other === 0) continue
    m.s[base + R_CELL] = other
    return 'lookForSnapshot'
  }
  m.s[base + HORIZON] = m.at(base + R_LARGEST)
  m.clearRegisters(t)
  return lockNext(m, t)
}

/** Whether recovery may take another timestamp for a commit that nobody can have seen. */
function mayMove(m: Machine, t: number): boolean {
  const { id, written, validates } = m.running(t)
  const unlocksNone = written.every((cell) => m.at(m.cell(cell) + OWNER) === t + 1)
  const storedNone = written.every((cell) => m.at(m.entry(id, cell) + REPLACED) === 0)
  if (m.fault === 'recovery moves a timestamp that was validated') return unlocksNone && storedNone
  if (m.fault === 'recovery moves a timestamp after values were stored')
    return unlocksNone && !validates
  return m.at(m.transaction(id) + SETTLED) === 0
}

export const commitSteps = {
  tick(m: Machine): StepName {
    m.s[CLOCK] = m.at(CLOCK) + 1
    return 'done'
  },

  revoke(m: Machine): StepName {
    m.s[m.thread(0) + PHASE_STATE] = REVOKED
    return 'done'
  },

  checkLive(m: Machine, t: number): StepName {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) m.s[base + R_OUTCOME] = ABORTED
    return 'freeSlot'
  },

  closeForHorizon(m: Machine, t: number): StepName {
    m.s[CLOCK] = m.at(CLOCK) + 1
    m.s[m.thread(t) + R_LARGEST] = m.at(CLOCK)
    return 'raiseBound'
  },

  raiseBound(m: Machine, t: number): StepName {
    m.s[HORIZON_BOUND] = Math.max(m.at(HORIZON_BOUND), m.at(m.thread(t) + R_LARGEST))
    return horizonNext(m, t, 0)
  },

  lookForSnapshot(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const other = m.at(base + R_CELL)
    const snapshot = m.at(m.thread(other) + PHASE_STAMP)
    if (m.at(m.thread(other) + PHASE_STATE) === ACTIVE)
      m.s[base + R_LARGEST] = Math.min(m.at(base + R_LARGEST), snapshot)
    return horizonNext(m, t, other + 1)
  },

  lockAtOnce(m: Machine, t: number): StepName {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const expected = m.at(m.entry(m.running(t).id, index) + EXPECTED)
    if (m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === expected) return locked(m, t)
    return 'lockWord'
  },

  lockWord(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const { id, closed } = m.running(t)
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const stamp = m.at(cell + STAMP)
    m.s[base + R_STAMP] = stamp
    m.s[base + R_OWNER] = m.at(cell + OWNER)
    const late = closed && stamp > m.at(base + BOUND)
    const same = stamp === m.at(m.entry(id, index) + EXPECTED)
    if (m.at(cell + OWNER) !== 0) return 'awaitLock'
    if (same && !late) return 'lockTry'
    return m.fault === 'cells are locked whatever their word is' ? 'lockTry' : giveUp(m, t)
  },

  /** Waits until the word of the cell changes. */
  awaitLock(m: Machine, t: number): StepName {
    return commitSteps.lockWord(m, t)
  },

  lockTry(m: Machine, t: number): StepName {
    const cell = m.cell(writtenCell(m, t))
    const free = m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === m.at(m.thread(t) + R_STAMP)
    if (free) return locked(m, t)
    return 'lockWord'
  },

  stampClock(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + R_CLOCK] = m.at(CLOCK)
    const ties = m.fault === 'the timestamp may equal that of the replaced version'
    if (m.at(base + R_LARGEST) > m.at(CLOCK) && !ties) return 'moveClock'
    const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
    return mapFirst ? 'stampPublish' : 'stampMap'
  },

  moveClock(m: Machine, t: number): StepName {
    if (m.at(CLOCK) === m.at(m.thread(t) + R_CLOCK)) m.s[CLOCK] = m.at(CLOCK) + 1
    return takeTimestamp(m)
  },

  stampMap(m: Machine, t: number): StepName {
    const own = m.running(t).closed ? 1 << t : 0
    m.s[m.thread(t) + R_KEEP] = (m.at(CLOSED_MAP) & ~own) === 0 ? 0 : 1
    const mapFirst = m.fault === 'the closed map is looked at before the clock is loaded'
    return mapFirst ? 'stampClock' : 'stampPublish'
  },

  stampPublish(m: Machine, t: number): StepName {
    const base = m.thread(t)
    if (m.at(base + PHASE_STATE) === REVOKED) return giveUp(m, t)
    m.s[base + PHASE_STATE] = mustValidate(m, t) ? STAMPED : INSTALLING
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK) + 1
    if (m.fault === 'the clock is not looked at again after the timestamp is published')
      return timestampTaken(m, t)
    return 'stampConfirm'
  },

  stampConfirm(m: Machine, t: number): StepName {
    if (m.at(CLOCK) === m.at(m.thread(t) + R_CLOCK)) return timestampTaken(m, t)
    return takeTimestamp(m)
  },

  validate(m: Machine, t: number): StepName {
    const index = m.at(m.thread(t) + R_CELL)
    const entry = m.entry(m.running(t).id, index)
    const cell = m.cell(index)
    const current = m.at(cell + OWNER) === 0 && m.at(cell + STAMP) === m.at(entry + EXPECTED)
    if (current && !(m.at(entry + FLAGS) & ENTRY_STALE)) return validateNext(m, t, index + 1)
    return giveUp(m, t)
  },

  commitPoint(m: Machine, t: number): StepName {
    m.s[m.thread(t) + PHASE_STATE] = INSTALLING
    return committed(m, t)
  },

  reuseValue(m: Machine, t: number): StepName {
    fill(m, t, m.at(m.cell(writtenCell(m, t)) + HEAD))
    return 'reuseNext'
  },

  reuseNext(m: Machine, t: number): StepName {
    const index = writtenCell(m, t)
    m.s[m.version(index, m.at(m.cell(index) + HEAD)) + VERSION_NEXT] = 0
    return 'reuseStamp'
  },

  reuseStamp(m: Machine, t: number): StepName {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    m.s[m.version(index, m.at(cell + HEAD)) + VERSION_STAMP] = m.at(cell + STAMP)
    return 'storeValue'
  },

  cutBehind(m: Machine, t: number): StepName {
    const index = writtenCell(m, t)
    m.s[m.version(index, m.at(m.cell(index) + HEAD)) + VERSION_NEXT] = 0
    return 'linkVersion'
  },

  /** Fills a block that nobody else sees, and links it. */
  linkVersion(m: Machine, t: number): StepName {
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const handle = m.freshVersion(index)
    const version = m.version(index, handle)
    fill(m, t, handle)
    m.s[version + VERSION_STAMP] = m.at(cell + STAMP)
    m.s[version + VERSION_NEXT] = m.at(cell + HEAD)
    m.s[cell + HEAD] = handle
    return 'storeValue'
  },

  storeValue(m: Machine, t: number): StepName {
    const { id } = m.running(t)
    const index = writtenCell(m, t)
    const cell = m.cell(index)
    const own = FIRST + 1 + id
    if (m.at(cell + VALUE) !== own) m.s[m.entry(id, index) + REPLACED] = m.at(cell + VALUE) + 1
    m.s[cell + VALUE] = own
    return 'storeWord'
  },

  storeWord(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const cell = m.cell(writtenCell(m, t))
    const timestamp = m.at(base + PHASE_STAMP)
    if (timestamp <= m.at(cell + STAMP)) m.trouble = 'timestamps along a chain do not decrease'
    m.s[cell + STAMP] = timestamp
    m.s[cell + OWNER] = 0
    return installNext(m, t, m.at(base + R_CELL) + 1)
  },

  markAborting(m: Machine, t: number): StepName {
    m.s[m.thread(t) + PHASE_STATE] = ABORTING
    m.s[m.thread(t) + PHASE_STAMP] = 0
    return unlockNext(m, t)
  },

  unlock(m: Machine, t: number): StepName {
    m.s[m.cell(ownedCell(m, t) as number) + OWNER] = 0
    return unlockNext(m, t)
  },

  freeSlot(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + PHASE_STATE] = FREE
    m.s[base + PHASE_STAMP] = 0
    if (m.running(t).closed) return 'leaveClosed'
    return m.end(t, m.at(base + R_OUTCOME))
  },

  leaveClosed(m: Machine, t: number): StepName {
    m.s[CLOSED_MAP] = m.at(CLOSED_MAP) & ~(1 << t)
    return m.end(t, m.at(m.thread(t) + R_OUTCOME))
  },

  recover(m: Machine, t: number): StepName {
    const base = m.thread(t)
    const hadEnded = m.at(m.transaction(m.running(t).id) + COMMIT) !== 0
    m.s[base + R_OUTCOME] = hadEnded ? COMMITTED : ABORTED
    if (m.at(base + PHASE_STATE) !== INSTALLING) return unlockNext(m, t)
    m.s[base + R_KEEP] = 1
    if (mayMove(m, t)) return 'settleClock'
    return committed(m, t)
  },

  settleClock(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + R_CLOCK] = m.at(CLOCK)
    if (m.at(CLOCK) < m.at(base + PHASE_STAMP)) return committed(m, t)
    return 'settlePublish'
  },

  settlePublish(m: Machine, t: number): StepName {
    const base = m.thread(t)
    m.s[base + PHASE_STAMP] = m.at(base + R_CLOCK) + 1
    return 'settleClock'
  },
} satisfies Partial<Record<StepName, Step>>

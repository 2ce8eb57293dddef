/** Rules of the judge and of the stamps, and changes that break them. */

/** @type {import('./faults.mjs').Fault[]} */
export const judgingFaults = [
  {
    name: 'the stamp of readers is never raised',
    file: 'commit.ts',
    changes: [['  if (leavesStamps) raiseReads(slot, timestamp)\n', '']],
    scenarios: ['write skew of a judgeable one'],
  },
  {
    name: 'the stamp of readers is raised after validation',
    file: 'commit.ts',
    changes: [
      [
        '  if (leavesStamps) raiseReads(slot, timestamp)\n  const valid = validate(slot)\n',
        '  const valid = validate(slot)\n  if (leavesStamps) raiseReads(slot, timestamp)\n',
      ],
    ],
    scenarios: ['write skew of a judgeable one'],
  },
  {
    name: 'the stamp of readers is stored, and not raised',
    file: 'stamps.ts',
    changes: [
      [
        'if (old >= stamp || atomic.cmpxchg<u64>(address, old, stamp) == old) return',
        'if (atomic.cmpxchg<u64>(address, old, stamp) == old) return',
      ],
    ],
    scenarios: ['the largest stamp of two readers'],
  },
  {
    name: 'the judge loads the stamps of readers before it has a timestamp',
    file: 'commit.ts',
    changes: [
      [
        '  timestamp = stamp(slot, mode, STATE_STAMPED)\n',
        `  const early = hasJudge ? judge(slot, clock() + 1) : STATUS_OK
  timestamp = stamp(slot, mode, STATE_STAMPED)\n`,
      ],
      ['  if (hasJudge) return judge(slot, timestamp)\n', '  if (hasJudge) return early\n'],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'a version that is not there was replaced, also when its cell was taken',
    file: 'judge.ts',
    changes: [['isActive(slot) && !isTaken(entry, flags) ?', 'isActive(slot) ?']],
    scenarios: ['a deleted key whose cell is taken from under who is judged'],
  },
  {
    name: 'the judge ignores a foreign lock',
    file: 'judge.ts',
    changes: [['    if (!isUnstamped(word, ownerPhase(word))) return UNKNOWN\n', '']],
    scenarios: ['write skew of a judgeable one', 'read-only anomaly of a judged one'],
  },
  {
    name: 'two are judged at once',
    file: 'judge.ts',
    changes: [
      [
        'if (owner == 0 && atomic.cmpxchg<u32>(0, 0, id, JUDGE_OFFSET) == 0) return true',
        'return true',
      ],
    ],
    scenarios: ['two that are judged at once'],
  },
  {
    name: 'who only reads leaves no stamps',
    file: 'judge.ts',
    changes: [['    raiseRead(entry, flags, snapshot)\n', '']],
    scenarios: ['read-only anomaly after the writer'],
  },
  {
    name: 'who only reads is not tested itself',
    file: 'judge.ts',
    changes: [
      ['  if (eta < pi) return STATUS_OK\n', '  if (eta < u64.MAX_VALUE) return STATUS_OK\n'],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'who only reads looks for who was judged before it has left its stamps',
    file: 'judge.ts',
    changes: [
      [
        '  if (!leaveStamps(slot, snapshot)) return STATUS_MISSING_STAMP\n',
        `  const isQuiet = atomic.load<u32>(0, JUDGE_OFFSET) == 0 && lastJudged() <= snapshot
  if (!leaveStamps(slot, snapshot)) return STATUS_MISSING_STAMP\n`,
      ],
      [
        '  if (atomic.load<u32>(0, JUDGE_OFFSET) == 0 && lastJudged() <= snapshot) return',
        '  if (isQuiet) return',
      ],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'who only reads does not look for who is being judged',
    file: 'judge.ts',
    changes: [
      [
        '  if (atomic.load<u32>(0, JUDGE_OFFSET) == 0 && lastJudged() <= snapshot) return',
        '  if (lastJudged() <= snapshot) return',
      ],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'who reads what is current has no place',
    file: 'commit.ts',
    changes: [
      [
        '  if (anyJudgeable(0)) return placeReads(slot)\n  return lastJudged()',
        '  return lastJudged()',
      ],
    ],
    scenarios: ['read-only anomaly of who reads what is current'],
  },
  {
    name: 'who reads what is current does not look at who was judged',
    file: 'commit.ts',
    changes: [
      [
        'lastJudged() <= load<u64>(slot, SLOT_BOUND_OFFSET) ? STATUS_OK : placeReads(slot)',
        'STATUS_OK',
      ],
    ],
    scenarios: ['read-only anomaly of who reads what is current'],
  },
  {
    name: 'who reads what is current leaves its stamps after it has looked',
    file: 'judge.ts',
    changes: [
      ['  raiseReads(slot, now + 1)\n', ''],
      [
        '  store<u64>(slot, now, SLOT_BOUND_OFFSET)\n',
        '  raiseReads(slot, now + 1)\n  store<u64>(slot, now, SLOT_BOUND_OFFSET)\n',
      ],
    ],
    scenarios: ['read-only anomaly of who reads what is current'],
  },
  {
    name: 'pi is that of the last one that replaced the version',
    file: 'stamps.ts',
    changes: [
      [
        'return atomic.load<u64>(address, CELL_WORD_OFFSET) == word ? sstamp : 0',
        'return atomic.load<u64>(address, CELL_WORD_OFFSET) == word ? word >> TIMESTAMP_SHIFT : 0',
      ],
    ],
    scenarios: ['judged after the first of two that replaced its read'],
  },
  {
    name: 'eta is that of the version that was read',
    file: 'judge.ts',
    changes: [
      [
        '  const stamp = wordOf(entry) >> TIMESTAMP_SHIFT\n  return max(',
        '  const stamp = load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT\n  return max(',
      ],
    ],
    scenarios: ['judged by what it really replaces'],
  },
  {
    name: 'a judged one leaves its timestamp as its place',
    file: 'judge.ts',
    changes: [['  store<u64>(slot, pi, SLOT_PI_OFFSET)\n', '']],
    scenarios: ['judged by the place of another judged one'],
  },
  {
    name: 'recovery forgets the place of a judged one',
    file: 'recover.ts',
    changes: [['  const pi = load<u64>(slot, SLOT_PI_OFFSET)\n', '  const pi: u64 = 0\n']],
    scenarios: ['death of a judged one that another is judged by'],
  },
  {
    name: 'recovery leaves the judge to a dead thread',
    file: 'recover.ts',
    changes: [['  leaveJudge(slot)\n', '']],
    scenarios: ['death of who is judged'],
  },
  {
    name: 'recovery leaves the mark of a judgeable one',
    file: 'thread-record.ts',
    changes: [['  atomic.and<u64>(word, mask, JUDGEABLE_MAP_OFFSET)\n', '']],
    scenarios: ['death of who is judged'],
  },
  {
    name: 'a gap does not say who was judged that wrote it',
    file: 'install.ts',
    changes: [
      [
        '    if (pi != 0) atomic.store<u64>(address, word >> TIMESTAMP_SHIFT, GAP_JUDGED_OFFSET)\n',
        '',
      ],
    ],
    scenarios: ['judged by the place of who inserted a key'],
  },
  {
    name: 'an unknown place is taken to be behind the snapshot',
    file: 'judge.ts',
    changes: [
      [
        '  return found == UNKNOWN && lastJudged() <= snapshot ? snapshot + 1 : found\n',
        '  return found == UNKNOWN ? snapshot + 1 : found\n',
      ],
    ],
    scenarios: ['judged by the place of who inserted a key'],
  },
  {
    name: 'it becomes judgeable after its snapshot was taken',
    file: 'transaction.ts',
    changes: [
      ['  if (mode & MODE_JUDGEABLE) enterJudgeable()\n  enterClosed()\n', '  enterClosed()\n'],
      [
        '  store<u64>(slot, published, SLOT_BOUND_OFFSET)\n',
        '  store<u64>(slot, published, SLOT_BOUND_OFFSET)\n  if (mode & MODE_JUDGEABLE) enterJudgeable()\n',
      ],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'a judged one does not say so',
    file: 'judge.ts',
    changes: [['  raise(LAST_JUDGED_OFFSET, timestamp)\n', '']],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'the mark of a judgeable one goes before it says that it was judged',
    file: 'judge.ts',
    changes: [
      [
        '  raise(LAST_JUDGED_OFFSET, timestamp)\n',
        `  leaveJudgeable()
  store<u32>(slot, load<u32>(slot, SLOT_MODE_OFFSET) & ~MODE_JUDGEABLE, SLOT_MODE_OFFSET)
  raise(LAST_JUDGED_OFFSET, timestamp)\n`,
      ],
      [
        'import { clock, lastJudged',
        "import { leaveJudgeable } from './thread-record'\nimport { clock, lastJudged",
      ],
      [
        'import {\n  SLOT_BOUND_OFFSET,',
        'import {\n  MODE_JUDGEABLE,\n  SLOT_MODE_OFFSET,\n  SLOT_BOUND_OFFSET,',
      ],
    ],
    scenarios: ['read-only anomaly of who reads what is current'],
  },
  {
    name: 'who may be judged is looked for before the snapshot is taken',
    file: 'transaction.ts',
    changes: [
      [
        '  const snapshot = pins ? advanceClock() : closeEpoch()\n',
        '  const early = !anyJudgeable(0)\n  const snapshot = pins ? advanceClock() : closeEpoch()\n',
      ],
      [
        'mode & MODE_JUDGEABLE || !isSafe(published)',
        'mode & MODE_JUDGEABLE || !(early && lastJudged() <= published)',
      ],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'who may be judged is looked for before c(T) is taken',
    file: 'commit.ts',
    changes: [
      ['let hasJudge: bool = false\n', 'let hasJudge: bool = false\nlet early: bool = false\n'],
      [
        '  orderWrites(slot)\n  if (countFree',
        '  early = anyJudgeable(0)\n  orderWrites(slot)\n  if (countFree',
      ],
      ['  if (leavesStamps) raiseReads', '  if (early) raiseReads'],
    ],
    scenarios: ['write skew of a judgeable one'],
  },
  {
    name: 'a snapshot is safe when nobody can be judged any more',
    file: 'transaction.ts',
    changes: [['return !anyJudgeable(0) && lastJudged() <= snapshot', 'return !anyJudgeable(0)']],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'who was judged is looked for before who may be judged',
    file: 'transaction.ts',
    changes: [
      [
        'return !anyJudgeable(0) && lastJudged() <= snapshot',
        'return lastJudged() <= snapshot && !anyJudgeable(0)',
      ],
    ],
    scenarios: ['read-only anomaly of a judged one'],
  },
  {
    name: 'the readers of a taken cell are forgotten by its gap and its leaf',
    file: 'recycle.ts',
    changes: [
      ['  handOverReaders(id, gapOfCell(id))\n', ''],
      [
        '  bequeath(leaf, cell)\n',
        '  raiseSince(leaf, atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT)\n',
      ],
      ['import { bequeath }', 'import { raiseSince }'],
    ],
    scenarios: ['a deleted key whose cell is taken, and who inserts it'],
  },
  {
    name: 'the judge does not look whether a cell was taken',
    file: 'judge.ts',
    changes: [['  if (isTaken(entry, flags)) return UNKNOWN\n', '']],
    scenarios: ['a deleted key whose cell is taken from under who is judged'],
  },
  {
    name: 'who only reads does not look whether a cell was taken',
    file: 'judge.ts',
    changes: [['    if (isTaken(entry, flags)) {\n', '    if (entry == 0) {\n']],
    scenarios: ['a deleted key whose cell is taken from under who only reads'],
  },
  {
    name: 'a closed snapshot does not keep when the keys were deleted that it has found missing',
    file: 'read.ts',
    changes: [
      ['  if (mode & MODE_CLOSED) {\n    const seen', '  if (mode == 0xff) {\n    const seen'],
    ],
    scenarios: ['a scan past a deleted key that has left its leaf'],
  },
  {
    name: 'an unborn cell does not say since when its key is missing to who is judged',
    file: 'read.ts',
    changes: [
      [
        '  if (saysNothing(word, meta, value)) {\n',
        '  if (saysNothing(word, meta, value) && moves(load<u32>(slot, SLOT_MODE_OFFSET))) {\n',
      ],
    ],
    scenarios: [
      'a deleted key that has lost its cell, and has another one without a value',
      'a judged one that finds a deleted key in another cell without a value',
    ],
  },
  {
    name: 'a first value says since when its key was missing',
    file: 'read.ts',
    changes: [
      [
        '  return isFirst || isUnborn(meta, value)\n',
        '  return isUnborn(meta, value) || (isFirst && value != 0)\n',
      ],
    ],
    scenarios: ['a deleted key that has lost its cell, and has a value in another one'],
  },
  {
    name: 'what a gap has come to say is not kept when it was read before',
    file: 'read.ts',
    changes: [
      [
        '      if (moves(mode)) {\n        blame(slot, gap, word)\n',
        '      if (!moves(mode)) return TAG_ABSENT\n      if (moves(mode)) {\n        blame(slot, gap, word)\n',
      ],
    ],
    scenarios: ['a gap that changes between two keys that are found missing'],
  },
  {
    name: 'a gap that is written does not say that keys of it were found missing',
    file: 'install.ts',
    changes: [['if (leavesTraces && flags & ENTRY_READ)', 'if (leavesTraces && flags == 0)']],
    scenarios: [
      'who finds a key missing and inserts another one into its gap',
      'who finds a key missing, inserts another one into its gap, and reads nothing else',
    ],
  },
  {
    name: 'a gap that has changed for one key is not looked at for another',
    file: 'judge.ts',
    changes: [['if (found == UNKNOWN || flags & ENTRY_GAP) {', 'if (found == UNKNOWN) {']],
    scenarios: ['a gap that another key has come into before the missing one comes'],
  },
  {
    name: 'the judge of a read-only one ignores what its scans have passed over',
    file: 'judge.ts',
    changes: [
      [
        '  let pi = u64.MAX_VALUE\n  let eta = load<u64>(slot, SLOT_SINCE_OFFSET)\n',
        '  let pi = u64.MAX_VALUE\n  let eta: u64 = 0\n',
      ],
    ],
    scenarios: ['a scan past a deleted key that has left its leaf'],
  },
  {
    name: 'the judge ignores what scans have passed over',
    file: 'judge.ts',
    changes: [
      [
        '  let pi = timestamp\n  let eta = load<u64>(slot, SLOT_SINCE_OFFSET)\n',
        '  let pi = timestamp\n  let eta: u64 = 0\n',
      ],
    ],
    scenarios: ['a judged one that scans past a deleted key that has left its leaf'],
  },
]

/**
 * Rules of the kernel that somebody might remove: each is a change of its source, and names scenarios
 * that must notice it. A change must apply exactly once.
 */
import { judgingFaults } from './judging-faults.mjs'
import { mergeFaults } from './merge-faults.mjs'
import { plainFaults } from './plain-faults.mjs'
import { recyclingFaults } from './recycling-faults.mjs'
import { rowFaults } from './row-faults.mjs'
import { scanFaults } from './scan-faults.mjs'
import { updateFaults } from './update-faults.mjs'

/**
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} file in native-layout/kernel
 * @property {readonly [from: string, to: string][]} changes
 * @property {readonly string[]} scenarios where to look, in this order
 * @property {number} [seed] of random schedules, one of which soon shows it
 */

const LOOK_WRONGLY = `    if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
    if (<u32>word & OWNER_MASK && !isUnstamped(word, ownerPhase(word))) continue
    return accept(slot, entry, cell, flags, unlocked, meta, value)
  }
`

const LOOK_AGAIN = `    if (<u32>word & OWNER_MASK && !isUnstamped(word, ownerPhase(word))) continue
    if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
    return accept(slot, entry, cell, flags, unlocked, meta, value)
  }
`

/** @type {Fault[]} */
export const faults = [
  ...judgingFaults,
  ...mergeFaults,
  ...plainFaults,
  ...recyclingFaults,
  ...scanFaults,
  ...updateFaults,
  ...rowFaults,
  {
    name: 'c(T) is taken after the reads are validated',
    file: 'commit.ts',
    changes: [
      [
        '  timestamp = stamp(slot, mode, STATE_STAMPED)\n',
        '  const valid = validate(slot)\n  timestamp = stamp(slot, mode, STATE_STAMPED)\n',
      ],
      ['  const valid = validate(slot)\n  if (valid ==', '  if (valid =='],
    ],
    scenarios: ['read-only anomaly'],
  },
  {
    name: 'the second load of the word is skipped in a read',
    file: 'read.ts',
    changes: [
      [
        ' &&\n    atomic.load<u64>(address, CELL_WORD_OFFSET) == word\n  ) {\n    const flags',
        '\n  ) {\n    const flags',
      ],
    ],
    scenarios: ['a version that is replaced while it is accepted', 'torn commit of blocks'],
  },
  {
    name: 'a cell is unlocked before its write is installed',
    file: 'install.ts',
    changes: [
      [
        '    if (wanted != meta) setMeta(address, wanted)\n',
        `    atomic.store<u64>(address, word, CELL_WORD_OFFSET)
    if (wanted != meta) setMeta(address, wanted)\n`,
      ],
    ],
    scenarios: ['torn commit of blocks', 'torn commit', 'lost update'],
  },
  {
    name: 'one read is skipped in validation',
    file: 'commit.ts',
    changes: [
      [
        'if ((flags & (ENTRY_READ | ENTRY_WRITE)) != ENTRY_READ) continue',
        'if ((flags & (ENTRY_READ | ENTRY_WRITE)) != ENTRY_READ || entry == entryAt(slot, 0)) continue',
      ],
    ],
    scenarios: ['write skew'],
  },
  {
    name: 'a foreign lock is ignored in validation',
    file: 'commit.ts',
    changes: [['if (word == expected ||', 'if ((word & ~(<u64>OWNER_MASK)) == expected ||']],
    scenarios: ['write skew'],
  },
  {
    name: 'a version is freed one epoch early',
    file: 'horizon.ts',
    changes: [['from <= snapshot && snapshot < until', 'from <= snapshot && snapshot + 1 < until']],
    scenarios: ['begin against the bound, beside another snapshot'],
  },
  {
    name: 'a snapshot begins without the second look at the bound',
    file: 'transaction.ts',
    changes: [
      [
        'if (atomic.load<u64>(0, HORIZON_BOUND_OFFSET) <= snapshot) return snapshot',
        'if (snapshot != 0) return snapshot',
      ],
    ],
    scenarios: ['begin against the bound, beside another snapshot'],
  },
  {
    name: 'recovery rolls a STAMPED slot forward',
    file: 'recover.ts',
    changes: [
      [
        'let committed = state == STATE_INSTALLING',
        'let committed = state == STATE_INSTALLING || state == 2',
      ],
    ],
    scenarios: ['death before validation'],
  },
  {
    name: 'recovery rolls an INSTALLING slot back',
    file: 'recover.ts',
    changes: [['let committed = state == STATE_INSTALLING', 'let committed = state == 15']],
    scenarios: ['death in a commit'],
  },
  {
    name: 'first committer wins is off by one',
    file: 'lock.ts',
    changes: [
      ['<= load<u64>(slot, SLOT_BOUND_OFFSET)', '<= load<u64>(slot, SLOT_BOUND_OFFSET) + 1'],
    ],
    scenarios: ['first committer wins, fail'],
  },
  {
    name: 'what a closed snapshot holds is taken for a conflict',
    file: 'lock.ts',
    changes: [
      [
        '<= load<u64>(slot, SLOT_BOUND_OFFSET) : same',
        '<= load<u64>(slot, SLOT_BOUND_OFFSET) && same : same',
      ],
    ],
    scenarios: ['first committer wins, ignore'],
  },
  {
    name: 'the generation of a ref is not checked',
    file: 'read.ts',
    changes: [
      ['\n  if (generationIn(meta) != generation) return fail(', '\n  if (cell == 0) return fail('],
      [
        '\n    if (generationIn(meta) != generation) return fail(',
        '\n    if (cell == 0) return fail(',
      ],
    ],
    scenarios: ['a ref of another generation'],
  },
  {
    name: 'the clock is not looked at again after the timestamp is published',
    file: 'commit.ts',
    changes: [['    if (clock() == epoch) {\n', '    if (epoch != 0) {\n']],
    scenarios: ['read skew under a closed snapshot', 'torn commit'],
  },
  {
    name: 'a closed snapshot does not close the epoch',
    file: 'transaction.ts',
    changes: [['pins ? advanceClock() : closeEpoch()', 'pins ? advanceClock() : clock()']],
    scenarios: ['read skew under a closed snapshot'],
  },
  {
    name: 'the closed map is set after the clock is advanced',
    file: 'transaction.ts',
    changes: [
      ['  enterClosed()\n', ''],
      [
        '  const published = publish(slot, snapshot, state)\n',
        '  const published = publish(slot, snapshot, state)\n  enterClosed()\n',
      ],
    ],
    scenarios: ["begin against the reclaimer's bound", 'read skew under a closed snapshot'],
  },
  {
    name: 'a closed snapshot is noted after the clock has moved',
    file: 'arena.ts',
    changes: [
      [
        '    if (newest <= epoch) {\n      if (atomic.cmpxchg<u64>(0, newest, epoch + 1, NEWEST_CLOSED_OFFSET) != newest) continue\n    }\n    if (advanceClockFrom(epoch)) return epoch + 1\n',
        '    if (!advanceClockFrom(epoch)) continue\n    if (newest <= epoch) atomic.store<u64>(0, epoch + 1, NEWEST_CLOSED_OFFSET)\n    return epoch + 1\n',
      ],
    ],
    scenarios: [
      'read-only anomaly',
      'read skew of what closed epochs hold',
      'lost update under closed snapshots',
    ],
  },
  {
    name: 'the newest closed snapshot is off by one',
    file: 'install.ts',
    changes: [['stamp <= keptUpTo ||', 'stamp < keptUpTo ||']],
    scenarios: ['a version of the epoch that a snapshot closes'],
  },
  {
    name: 'the closed map is looked at before the clock is loaded',
    file: 'commit.ts',
    changes: [
      [
        '    const epoch = clock()\n    if (largestStamp',
        '    keptUpTo = anyClosed(mode & MODE_CLOSED ? 1 : 0) ? newestClosed() : 0\n    const epoch = clock()\n    if (largestStamp',
      ],
      [
        '    keptUpTo = anyClosed(mode & MODE_CLOSED ? 1 : 0) ? newestClosed() : 0\n    leaves',
        '    leaves',
      ],
    ],
    scenarios: ['read skew under a closed snapshot'],
  },
  {
    name: 'moving the snapshot loads the clock after it looked at the entries',
    file: 'snapshot.ts',
    changes: [
      [
        '  store<u64>(slot, bound, SLOT_BOUND_OFFSET)\n  return true',
        '  store<u64>(slot, clock(), SLOT_BOUND_OFFSET)\n  return true',
      ],
    ],
    scenarios: [
      'a version that is replaced while it is accepted',
      'extending while epochs are closed',
    ],
  },
  {
    name: 'moving the snapshot lets stamped locks pass',
    file: 'snapshot.ts',
    changes: [['return now == expected || (isLater && now == word)', 'return isLater || now != 0']],
    scenarios: ['read skew'],
  },
  {
    name: 'moving the snapshot looks at no entry',
    file: 'snapshot.ts',
    changes: [['if (matters && !isCurrent(entry) &&', 'if (entries > 1000 &&']],
    scenarios: ['torn commit', 'read skew'],
  },
  {
    name: 'the cell that is being read is looked at in the wrong order',
    file: 'read.ts',
    changes: [[LOOK_AGAIN, LOOK_WRONGLY]],
    seed: 5,
    scenarios: ['an epoch that is closed while a snapshot is moved, and an owner that goes on'],
  },
  {
    name: 'the second load of the word is skipped in a careful read',
    file: 'read.ts',
    changes: [
      [
        '    if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue\n    const unlocked',
        '    const unlocked',
      ],
    ],
    scenarios: ['a block that becomes a number and a block again'],
  },
  {
    name: 'the word is not looked at again after the phase said INSTALLING',
    file: 'read.ts',
    changes: [
      [
        `          if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
          if (stamp == 0)`,
        '          if (stamp == 0)',
      ],
    ],
    scenarios: ['an owner that goes on to its next commit but one'],
  },
  {
    name: 'moving the snapshot does not look at the cell that is being read',
    file: 'read.ts',
    changes: [
      [LOOK_AGAIN, '    return accept(slot, entry, cell, flags, unlocked, meta, value)\n  }\n'],
    ],
    scenarios: ['a version that is replaced while it is accepted'],
  },
  {
    name: 'versions above the bound are accepted',
    file: 'read.ts',
    changes: [['if (stamp <= bound || committed || known) {', 'if (stamp <= bound || !closed) {']],
    scenarios: ['torn commit', 'read skew'],
  },
  {
    name: 'the timestamp may equal that of the replaced version',
    file: 'commit.ts',
    changes: [['if (largestStamp > epoch) {', 'if (largestStamp > epoch + 1) {']],
    scenarios: ['lost update'],
  },
  {
    name: 'cells are locked whatever their word is',
    file: 'lock.ts',
    changes: [
      [
        '    if (status != STATUS_OK) {\n      blameEntry(slot, entry, word)\n      return status\n    }\n',
        '',
      ],
    ],
    scenarios: ['lost update'],
  },
  {
    name: 'the horizon misses a closed reader',
    file: 'horizon.ts',
    changes: [
      [
        'if (state != STATE_ACTIVE && state != STATE_PINNED) continue',
        'if (state != STATE_PINNED) continue',
      ],
    ],
    scenarios: ['begin against the bound, beside another snapshot'],
  },
  {
    name: 'owners with a timestamp up to the snapshot are read through',
    file: 'read.ts',
    changes: [
      ['if (!closed || phase >> TIMESTAMP_SHIFT <= bound) continue', 'if (!closed) continue'],
    ],
    scenarios: ['read skew under a closed snapshot'],
  },
  {
    name: 'a walked version is not looked at again',
    file: 'read.ts',
    changes: [
      [
        '    const same = <u32>chain == cell && atomic.load<u64>(version, VERSION_WORD_OFFSET) == word\n',
        '    const same = chain != 0\n',
      ],
      [
        '      if (!isLive(slot)) return fail(slot, STATUS_SNAPSHOT_TOO_OLD)\n      return accept',
        '      return accept',
      ],
    ],
    scenarios: ['a walk that loses its right'],
  },
  {
    name: 'reads that are not written are not validated',
    file: 'commit.ts',
    changes: [['return load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) != writes', 'return writes == 0']],
    scenarios: ['write skew'],
  },
  {
    name: 'a gap is not read when a key is missing',
    file: 'read.ts',
    changes: [
      [
        'if (cell == 0) store<u32>(slot, readGap(slot, hash, word), SLOT_TAG_OFFSET)',
        'if (cell == 0) store<u32>(slot, word == 1 ? readGap(slot, hash, word) : TAG_ABSENT, SLOT_TAG_OFFSET)',
      ],
    ],
    scenarios: ['insert-if-absent twice', 'write skew over missing keys'],
  },
  {
    name: 'a walk begins at a bucket that is not linked yet',
    file: 'index-list.ts',
    changes: [['return value != 0 && !(<u32>value & PENDING_FLAG)', 'return value != 0']],
    scenarios: ['inserts of two keys into a new bucket'],
  },
  {
    name: 'a walk begins at a bucket that somebody else is linking',
    file: 'index-list.ts',
    changes: [['return isMine ? address : parent', 'return address']],
    scenarios: ['inserts into a new bucket and before it'],
  },
  {
    name: 'a bucket is linked with what was behind its place before',
    file: 'index-list.ts',
    changes: [['    atomic.store<u64>(address, foundValue | <u64>PENDING_FLAG)\n  }', '  }']],
    scenarios: ['inserts of two keys into a new bucket', 'index growth against insert'],
  },
  {
    name: 'a link of the index is stored instead of exchanged',
    file: 'index-list.ts',
    changes: [
      [
        '  return atomic.cmpxchg<u64>(link, expected, wanted | (expected & <u64>PENDING_FLAG)) == expected\n',
        '  atomic.store<u64>(link, wanted | (expected & <u64>PENDING_FLAG))\n  return true\n',
      ],
    ],
    scenarios: ['inserts of two keys into a new bucket', 'index growth against insert'],
  },
  {
    name: 'recovery takes a new timestamp after values were stored',
    file: 'recover.ts',
    changes: [
      ['  if (load<u64>(slot, SLOT_COMMIT_TIMESTAMP_OFFSET) == timestamp) return timestamp\n', ''],
    ],
    scenarios: ['death in a commit beside a closed snapshot', 'death before validation'],
  },
  {
    name: 'recovery keeps a timestamp that was not final',
    file: 'recover.ts',
    changes: [
      [
        'for (let epoch = clock(); epoch >= timestamp; epoch = clock())',
        'for (let epoch = clock(); epoch > clock(); epoch = clock())',
      ],
    ],
    scenarios: ['death in a commit beside a closed snapshot'],
  },
  {
    name: 'recovery keeps what the dead thread had stored as the old version',
    file: 'recover.ts',
    changes: [['(kept == 0 && !(flags & ENTRY_DECIDED))', 'kept == 0']],
    scenarios: ['death while blocks are retired'],
  },
  {
    name: 'recovery leaves the cell locked that was being swept',
    file: 'recover.ts',
    changes: [['  else unlock(cell, id)\n', '']],
    scenarios: ['death in a sweep'],
  },
  {
    name: 'a swept cell is not locked',
    file: 'sweep.ts',
    changes: [
      [
        '    if (atomic.cmpxchg<u64>(cell, word, word | owner, CELL_WORD_OFFSET) != word) continue\n',
        '',
      ],
    ],
    scenarios: ['sweeping against writers'],
  },
  {
    name: 'a retired block is given back one epoch early',
    file: 'retired.ts',
    changes: [
      ['RETIRED_TIMESTAMP_OFFSET) > settled())', 'RETIRED_TIMESTAMP_OFFSET) > settled() + 1)'],
    ],
    scenarios: ['a retired block against its reader'],
  },
  {
    name: 'a block is read without a pin',
    file: 'read.ts',
    changes: [
      ['>= <u32>TAG_BLOCK_FIRST && !isPinned(slot)) {', '>= <u32>TAG_BLOCK_FIRST && cell == 0) {'],
    ],
    scenarios: ['a retired block against its reader'],
  },
  {
    name: 'a block is not read again after the pin',
    file: 'read.ts',
    changes: [
      [
        '    return readSlowly(slot, cell, flags >> ENTRY_GENERATION_SHIFT, entry)\n  }\n  const noted',
        '  }\n  const noted',
      ],
    ],
    scenarios: ['a retired block against its reader'],
  },
  {
    name: 'recovery retires a block twice',
    file: 'recover.ts',
    changes: [[' || isLastRetired(record, <u32>old)) return', ') return']],
    scenarios: ['death while blocks are retired'],
  },
  {
    name: 'a retired block is taken off the queue after it was given back',
    file: 'retired.ts',
    changes: [
      [
        '    store<u32>(thread, released, THREAD_RELEASED_COUNT_OFFSET)\n    giveData',
        '    giveData',
      ],
      [
        '  return cells + released - first',
        '  clock()\n  store<u32>(thread, released, THREAD_RELEASED_COUNT_OFFSET)\n  return cells + released - first',
      ],
      [
        "import { refreshHorizon, settled } from './horizon'",
        "import { clock } from './arena'\nimport { refreshHorizon, settled } from './horizon'",
      ],
    ],
    scenarios: ['death while blocks are retired'],
  },
  {
    name: 'a lock that prunes is not told from one that commits',
    file: 'commit.ts',
    changes: [
      [
        'const isSwept = (<u32>ownerPhase(word) & STATE_MASK) == STATE_SWEEPING',
        'const isSwept = word != 0',
      ],
    ],
    scenarios: ['write skew'],
  },
]

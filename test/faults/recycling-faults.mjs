/** Rules of recycling and of recycled cells that somebody might remove. */

/** @type {import('./faults.mjs').Fault[]} */
export const recyclingFaults = [
  {
    name: 'the word of a recycled cell stays as it was',
    file: 'recycle.ts',
    changes: [['(word & ~(<u64>OWNER_MASK)) + ONE', 'word & ~(<u64>OWNER_MASK)']],
    scenarios: ['recycling against a look-up', 'recycling against a ref'],
  },
  {
    name: 'the generation of a recycled cell stays as it was',
    file: 'recycle.ts',
    changes: [
      ['const generation = (generationIn(meta) + 1)', 'const generation = generationIn(meta)'],
    ],
    scenarios: ['recycling against a ref'],
  },
  {
    name: 'the generation of a recycled cell moves before the cell is marked',
    file: 'recycle.ts',
    changes: [
      [
        '    if (atomic.cmpxchg<u64>(link, next, next | DELETED_FLAG) == next) break\n  }\n',
        '    if (atomic.cmpxchg<u64>(link, next, next | DELETED_FLAG) == next) break\n  }\n  uncountCell()\n',
      ],
      [
        '  const link = nodeOf(cell) + NODE_LINK_OFFSET\n',
        `  const old = metaOf(cell)
  const moved = (generationIn(old) + 1) & CELL_GENERATION_MASK
  setMeta(cell, <u64>(moved << CELL_GENERATION_SHIFT))
  const link = nodeOf(cell) + NODE_LINK_OFFSET\n`,
      ],
      ['const generation = (generationIn(meta) + 1)', 'const generation = generationIn(meta)'],
    ],
    scenarios: ['recycling of a cell that stays free, against a look-up'],
  },
  {
    name: 'a look-up finds a cell that is marked',
    file: 'hash-index.ts',
    changes: [['if (<u32>next & DELETED_FLAG || !sameKey(', 'if (!sameKey(']],
    scenarios: ['recycling against a look-up'],
  },
  {
    name: 'validation lets the lock of a recycler pass',
    file: 'commit.ts',
    changes: [
      [
        'const isSwept = (<u32>ownerPhase(word) & STATE_MASK) == STATE_SWEEPING',
        'const isSwept = (<u32>ownerPhase(word) & STATE_MASK) >= STATE_SWEEPING',
      ],
    ],
    scenarios: ['write skew around a recycler'],
  },
  {
    name: 'moving the snapshot lets the lock of a recycler pass',
    file: 'snapshot.ts',
    changes: [[' && state != STATE_RECYCLING\n', '\n']],
    scenarios: ['read skew around a recycler'],
  },
  {
    name: 'a closed snapshot reads through the lock of a recycler',
    file: 'read.ts',
    changes: [
      ['        if ((<u32>phase & STATE_MASK) == STATE_RECYCLING) continue\n', ''],
      [
        'if (!isUnstamped(word, phase)) {\n',
        'if (!isUnstamped(word, phase) && (!closed || (<u32>phase & STATE_MASK) != STATE_RECYCLING)) {\n',
      ],
    ],
    scenarios: ['a key that comes back beside a snapshot that begins'],
  },
  {
    name: 'a cell of another key is locked',
    file: 'lock.ts',
    changes: [
      [
        'isOther(address, flags) ? STATUS_STALE_READ : resolve',
        'cell == 0 ? STATUS_STALE_READ : resolve',
      ],
    ],
    scenarios: ['a cell that is given to another key, against who writes over everything'],
  },
  {
    name: 'a write to the former key of a cell is read',
    file: 'read.ts',
    changes: [['    if (!isOf(entry, generation)) return fail(slot, lost(slot))\n', '']],
    scenarios: ['a cell that was written to and is given to another key'],
  },
  {
    name: 'a write notes the word after it looked at the generation',
    file: 'write.ts',
    changes: [
      [
        '  if (generationIn(meta) != generation) return STATUS_REF_EXPIRED\n',
        `  if (generationIn(meta) != generation) return STATUS_REF_EXPIRED
  word = atomic.load<u64>(address, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)\n`,
      ],
      [
        '  const word = atomic.load<u64>(address, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)\n  const meta',
        '  let word: u64 = 0\n  const meta',
      ],
    ],
    scenarios: ['a write to a cell that is recycled'],
  },
  {
    name: 'a cell in limbo is used again at once',
    file: 'recycle.ts',
    changes: [['  if (oldestWalk() <= epoch) return 0\n', '']],
    scenarios: [
      'a cell that goes to another place in the list, against an insert',
      'recycling against insert beside it',
    ],
  },
  {
    name: 'a look-up does not look again when cells were used again',
    file: 'hash-index.ts',
    changes: [
      [
        'if (atomic.load<u64>(0, REUSE_COUNT_OFFSET) == reuses) return cell',
        'if (reuses != u64.MAX_VALUE) return cell',
      ],
    ],
    scenarios: [
      'a cell that goes to another place in the list, against a look-up',
      'a cell that goes to another place in the list, against a look-up before it',
    ],
  },
  {
    name: 'a cell is unlinked without a mark',
    file: 'recycle.ts',
    changes: [['next, next | DELETED_FLAG) == next) break', 'next, next) == next) break']],
    scenarios: ['recycling against insert beside it'],
  },
  {
    name: 'a cell goes whose key might be read in a snapshot',
    file: 'recycle.ts',
    changes: [[' && !isNeeded(0, stamp + 1)', '']],
    scenarios: ['a cell that is too new for a snapshot to be given to one of its keys'],
  },
  {
    name: 'a cell goes that is not linked yet',
    file: 'recycle.ts',
    changes: [['min(min(wanted, now), oldestWalk() - 1)', 'min(wanted, now)']],
    scenarios: ['recycling of a cell that is being inserted'],
  },
  {
    name: 'a cell goes that was made after the threads were looked at',
    file: 'recycle.ts',
    changes: [['min(min(wanted, now), oldestWalk() - 1)', 'min(wanted, oldestWalk() - 1)']],
    scenarios: ['recycling of a cell that is being inserted'],
  },
  {
    name: 'recovery takes a cell that somebody else has taken',
    file: 'recover.ts',
    changes: [['swept & SWEPT_DEAD && isMarked(address)', 'isMarked(address)']],
    scenarios: ['death of who comes too late to recycle a cell'],
  },
  {
    name: 'recovery leaves a marked cell in the list',
    file: 'recover.ts',
    changes: [
      [
        '  if (swept & SWEPT_DEAD && isMarked(address))\n    finishRetiringCell(record, address, isInLimbo(record, address))\n  else',
        '  ',
      ],
    ],
    scenarios: ['death while a cell is recycled that nobody asks for'],
  },
  {
    name: 'an insert does not announce itself',
    file: 'index-list.ts',
    changes: [
      [
        '  atomic.store<u64>(thread, clock() + 1, THREAD_WALK_OFFSET)\n',
        '  atomic.store<u64>(thread, 0, THREAD_WALK_OFFSET)\n',
      ],
    ],
    scenarios: [
      'a cell that goes to another place in the list, against an insert',
      'recycling against insert beside it',
    ],
  },
  {
    name: 'the gap of a recycled key does not say when it was deleted',
    file: 'sweep.ts',
    changes: [
      [
        'isDead(cell, writtenBefore, unborn) && raiseGap(cell, word)',
        'isDead(cell, writtenBefore, unborn)',
      ],
      ['linkedBefore, raiseGap, releaseLimbo', 'linkedBefore, releaseLimbo'],
    ],
    scenarios: ['a key that comes and goes, against who only reads'],
  },
  {
    name: 'a lost write of its own is not noticed by a look-up',
    file: 'read.ts',
    changes: [['      lost(slot)\n      return true\n', '      continue\n']],
    scenarios: ['recycling against who writes the key again and looks it up'],
  },
  {
    name: 'the generation alone tells a look-up that a write is lost',
    file: 'read.ts',
    changes: [['if (isMarked(address) || !isOf(', 'if (address == 0 || !isOf(']],
    scenarios: ['recycling against who writes the key again and looks it up'],
  },
  {
    name: 'an unborn cell says nothing of the time since when its key is missing',
    file: 'read.ts',
    changes: [
      [
        'if (saysNothing(word, meta, value)) {',
        'if (saysNothing(word, meta, value) && cell == 0) {',
      ],
    ],
    scenarios: ['a key that is deleted and made again, against who only reads'],
  },
  {
    name: 'an unborn cell is written whenever its key was deleted',
    file: 'write.ts',
    changes: [
      [
        '    stamp = max(stamp, absentSince(cell))\n',
        '    stamp = max(stamp, absentSince(cell) & 0)\n',
      ],
    ],
    scenarios: ['a key that is deleted and made again, against who writes it again'],
  },
  {
    name: 'a gap that was read is not compared when it is read again',
    file: 'read.ts',
    changes: [
      [
        'if (load<u64>(entry, ENTRY_WORD_OFFSET) == word) return TAG_ABSENT',
        'if (word != 1) return TAG_ABSENT',
      ],
    ],
    scenarios: ['two keys of one gap, one of which is deleted'],
  },
  {
    name: 'a snapshot without a right reads gaps',
    file: 'read.ts',
    changes: [
      [
        '  if (!isLive(slot)) return STATUS_SNAPSHOT_TOO_OLD\n  if (!moves(mode)) return STATUS_OK\n',
        '  if (!moves(mode)) return STATUS_OK\n',
      ],
    ],
    scenarios: ['a snapshot that lost its right, and a key that was recycled'],
  },
  {
    name: 'read committed does not look at the cells that it has read',
    file: 'commit.ts',
    changes: [[' && hasLost(slot, ENTRY_READ)) {', ' && hasLost(slot, 0)) {']],
    scenarios: ['lost update of a recycled key, read committed'],
  },
  {
    name: 'a slot still names a cell that it could not sweep',
    file: 'sweep.ts',
    changes: [
      ['    if (<u32>word & OWNER_MASK) break\n', '    if (<u32>word & OWNER_MASK) return freed\n'],
    ],
    scenarios: ['death after a sweep'],
  },
  {
    name: 'cells that are being recycled count as settled',
    file: 'read.ts',
    changes: [['& OWNER_MASK) isSettled = false', '& OWNER_MASK) isSettled = true']],
    scenarios: ['recycling against who writes the key again and looks it up'],
  },
  {
    name: 'whether a cell is settled is looked at last',
    file: 'read.ts',
    changes: [
      [
        '    if (<u32>atomic.load<u64>(address, CELL_WORD_OFFSET) & OWNER_MASK) isSettled = false\n',
        '',
      ],
      [
        '      lost(slot)\n      return true\n    }\n',
        `      lost(slot)
      return true
    }
    if (<u32>atomic.load<u64>(address, CELL_WORD_OFFSET) & OWNER_MASK) isSettled = false\n`,
      ],
    ],
    scenarios: ['recycling against who writes the key again and looks it up'],
  },
]

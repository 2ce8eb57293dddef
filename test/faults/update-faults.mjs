/** Rules of updates that commute, and changes that break them. */

const COMPUTES = `  if (load<u32>(slot, SLOT_MODE_OFFSET) & MODE_UPDATES) {
    const refused = computeUpdates(slot)
    if (refused != 0) return refuseUpdate(slot, refused, validates)
  }
`

/** @type {import('./faults.mjs').Fault[]} */
export const updateFaults = [
  {
    name: 'an update is computed before its cell is locked',
    file: 'commit.ts',
    changes: [
      [COMPUTES, ''],
      [
        '  const locked = lockWrites(slot, mode)\n',
        `${COMPUTES}  const locked = lockWrites(slot, mode)\n`,
      ],
      // An ordinary write by now, it would conflict: its cells are locked all the same.
      ['  if (locked != STATUS_OK) return giveUp(slot, locked)\n', ''],
    ],
    scenarios: ['two who add'],
  },
  {
    name: 'an update is computed although a lock was not to be had',
    file: 'commit.ts',
    changes: [
      [COMPUTES, ''],
      [
        '  const locked = lockWrites(slot, mode)\n',
        `  const locked = lockWrites(slot, mode)\n${COMPUTES}`,
      ],
    ],
    scenarios: ['an update that waits for the lock of a dead one'],
  },
  {
    name: 'an update is computed after the commit point',
    file: 'commit.ts',
    changes: [
      [COMPUTES, ''],
      ['  if (!install(slot, keptUpTo,', `${COMPUTES}  if (!install(slot, keptUpTo,`],
    ],
    scenarios: ['death in an update'],
  },
  {
    name: 'an update is made of the version before the one that it replaces',
    file: 'commutative.ts',
    changes: [
      [
        'import { CELL_SHIFT,',
        `import { VERSION_VALUE_OFFSET } from '../version-descriptor'\nimport { CELL_SHIFT,`,
      ],
      [
        '    const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)\n',
        `    const head = <u32>(metaOf(address) >> 32)
    const value = head == 0
      ? atomic.load<u64>(address, CELL_VALUE_OFFSET)
      : atomic.load<u64>((<usize>head) << 3, VERSION_VALUE_OFFSET)\n`,
      ],
    ],
    scenarios: ['two who add, at other levels, with snapshots'],
  },
  {
    name: 'an update loses against the first committer',
    file: 'lock.ts',
    changes: [['  if (isUpdate(entry, flags)) return STATUS_OK\n', '']],
    scenarios: ['two who add'],
  },
  {
    name: 'an update counts as a read when the snapshot moves',
    file: 'snapshot.ts',
    changes: [[' && !isUpdate(entry, flags) &&', ' &&']],
    scenarios: ['an update beside a read of what is newer'],
  },
  {
    name: 'an update of a missing key does not write its gap',
    file: 'update.ts',
    changes: [
      [
        '    const status = linkFirst(slot, cell, generation)\n',
        '    const status = linkOrdered(slot, cell, generation)\n',
      ],
      [
        "import { countWrite, linkFirst, put } from './write'",
        "import { linkOrdered } from './ordered-insert'\nimport { countWrite, put } from './write'",
      ],
    ],
    scenarios: ['add to a missing key against who misses it'],
  },
  {
    name: 'an update that was read is not validated',
    file: 'update.ts',
    changes: [
      ['ENTRY_FLAGS_OFFSET) & (ENTRY_READ | ENTRY_STALE)', 'ENTRY_FLAGS_OFFSET) & ENTRY_STALE'],
    ],
    scenarios: ['an update that is read'],
  },
  {
    name: 'an update of what was read stays one',
    file: 'update.ts',
    changes: [['  if (flags & (ENTRY_READ | ENTRY_WRITE)) {\n', '  if (flags & ENTRY_WRITE) {\n']],
    scenarios: ['an update of what was read'],
  },
  {
    name: 'an update of what was found missing stays one',
    file: 'update.ts',
    changes: [
      [
        '    if (hasReadGap(slot, cell)) return updateAtOnce(slot, cell, generation, update, operand)\n',
        '',
      ],
    ],
    scenarios: ['add to what was found missing, at another level'],
  },
  {
    name: 'an update of what a scan has missed stays one',
    file: 'update.ts',
    changes: [['    if (flags & ENTRY_READ) tag = typeOf(update)\n', '']],
    scenarios: ['an update of what a scan has missed'],
  },
  {
    name: 'a write to what a scan has missed has not read the cell',
    file: 'ordered-insert.ts',
    changes: [
      [
        '    store<u32>(own, load<u32>(own, ENTRY_FLAGS_OFFSET) | ENTRY_READ, ENTRY_FLAGS_OFFSET)\n',
        '',
      ],
    ],
    scenarios: ['a write over what a scan has missed, replace'],
  },
  {
    name: 'a write over an update has not looked at what it replaces',
    file: 'write.ts',
    changes: [
      [
        `      if (!mayWriteFirst(slot, cell, word, meta)) return STATUS_SNAPSHOT_MOVED
      store<u64>`,
        '      store<u64>',
      ],
    ],
    scenarios: ['an update that is written over'],
  },
  {
    name: 'an update is refused for what a stale read has led to',
    file: 'commit.ts',
    changes: [
      [
        '  const valid = validates ? validate(slot) : STATUS_OK\n  if (valid != STATUS_OK)',
        '  const valid = STATUS_OK\n  if (valid != STATUS_OK && validates)',
      ],
    ],
    scenarios: ['an update that a stale read has led to'],
  },
  {
    name: 'an update is judged by the version that it met first',
    file: 'judge.ts',
    changes: [
      [
        '  const stamp = wordOf(entry) >> TIMESTAMP_SHIFT\n  return max(',
        '  const stamp = load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT\n  return max(',
      ],
    ],
    scenarios: ['an update is judged by what it really replaces'],
  },
  {
    name: 'an update is judged by the readers of the version that it met first',
    file: 'judge.ts',
    changes: [
      [
        '  return max(pstampOf(entry, flags), flags & ENTRY_GAP',
        `  if (wordOf(entry) >> TIMESTAMP_SHIFT != load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT)
    return stamp
  return max(pstampOf(entry, flags), flags & ENTRY_GAP`,
      ],
    ],
    scenarios: ['an update is judged by who has read what it really replaces'],
  },
]

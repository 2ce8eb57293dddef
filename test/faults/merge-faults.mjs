/** Rules of writes that are merged, and changes that break them. */

const CHECKS = '  if (isMerged(flags)) return same ? STATUS_OK : STATUS_UNMERGED\n'

const REBASES = `  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  if (keeps)`

/** @type {import('./faults.mjs').Fault[]} */
export const mergeFaults = [
  {
    name: 'a merge replaces whatever version is there',
    file: 'lock.ts',
    changes: [[CHECKS, '  if (isMerged(flags)) return STATUS_OK\n']],
    scenarios: ['two who merge'],
  },
  {
    name: 'a merge that was based anew replaces whatever version is there',
    file: 'merge.ts',
    changes: [
      [
        REBASES,
        `  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  store<u32>(slot, (mode & ~(<u32>MODE_CONFLICT_MASK)) | MODE_CONFLICT_REPLACE, SLOT_MODE_OFFSET)
  store<u32>(entry, flags & ~ENTRY_MERGED, ENTRY_FLAGS_OFFSET)
  if (keeps && flags == 0)`,
      ],
      [
        '  MODE_ISOLATION_MASK,\n',
        '  MODE_CONFLICT_MASK,\n  MODE_CONFLICT_REPLACE,\n  MODE_ISOLATION_MASK,\n',
      ],
    ],
    scenarios: ['two who merge'],
  },
  {
    name: 'a merge is based on the version that is there, not on the one it was merged with',
    file: 'merge.ts',
    changes: [
      [
        REBASES,
        `  const address = (<usize>cell) << CELL_SHIFT
  const current = atomic.load<u64>(address, CELL_WORD_OFFSET) & ~(<u64>0x1fff)
  store<u64>(entry, current, ENTRY_WORD_OFFSET)
  if (keeps)`,
      ],
    ],
    scenarios: ['two who merge'],
  },
  {
    name: 'a merge that was based anew counts what comes later to its snapshot',
    file: 'lock.ts',
    changes: [
      [
        CHECKS,
        `  if (isMerged(flags)) {
    const known = load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT
    const isBased = known > load<u64>(slot, SLOT_BOUND_OFFSET)
    if (mode & MODE_CLOSED && isBased) return STATUS_OK
    return same ? STATUS_OK : STATUS_UNMERGED
  }
`,
      ],
    ],
    scenarios: ['a merge with a snapshot against three commits'],
  },
  {
    name: 'a merge is based on the version that its cell had at the first write',
    file: 'merge.ts',
    changes: [
      [
        '  store<u64>(entry, word, ENTRY_WORD_OFFSET)\n  return true\n}\n\n/**\n * Looks',
        '  return true\n}\n\n/**\n * Looks',
      ],
    ],
    scenarios: ['a merge of what was written before, with a snapshot'],
  },
  {
    name: 'a merge of what was read is no stale read',
    file: 'merge.ts',
    changes: [['    if (levelOf(slot) == MODE_SERIALIZABLE) return\n', '']],
    scenarios: ['a merge of what was read'],
  },
  {
    name: 'a merge is made while its commit holds locks',
    file: 'commit.ts',
    changes: [['    unlockWrites(slot)\n    if (hasJudge)', '    if (hasJudge)']],
    scenarios: ['two merges in one transaction'],
  },
  {
    name: 'a merge holds back the snapshot',
    file: 'snapshot.ts',
    changes: [[' && !isMerged(flags)) {', ') {']],
    scenarios: ['a merge beside a read of what is newer'],
  },
  {
    name: 'a merge of what was read lets the snapshot move',
    file: 'merge.ts',
    changes: [['    store<u32>(slot, 0, SLOT_BUDGET_OFFSET)\n', '']],
    scenarios: ['a merge of what was read, then a read of what is newer'],
  },
]

/** Rules of the ordered index and of scans that somebody might remove. */

/** @type {import('./faults.mjs').Fault[]} */
export const scanFaults = [
  {
    name: 'the word of a leaf stays as it was when a key is linked',
    file: 'ordered-insert.ts',
    changes: [['const word = unlockChanged(leaf)', 'const word = unlockSame(leaf)']],
    scenarios: ['phantoms: two scans and two inserts'],
  },
  {
    name: 'a scan does not remember its leaves',
    file: 'scan.ts',
    changes: [
      ['leavesMatter = isRemembered && (isSerializable || moves(mode))', 'leavesMatter = false'],
    ],
    scenarios: [
      'phantoms: two scans and two inserts',
      'phantoms: a scan, and an insert of who read what the scan writes',
    ],
  },
  {
    name: 'a scan without a closed snapshot remembers its leaves at serializable only',
    file: 'scan.ts',
    changes: [['(isSerializable || moves(mode))', 'isSerializable']],
    scenarios: ['two scans at repeatable-read against an insert'],
  },
  {
    name: 'a scan remembers cells without values no more than those in no leaf',
    file: 'scan.ts',
    changes: [
      ['    if (!isRemembered && takeCurrent(', '    if (isUnbornCell(cell) || takeCurrentOnce('],
      [
        '/** Reads a cell whose current version belongs',
        `function isUnbornCell(cell: u32): bool {
  const address = (<usize>cell) << CELL_SHIFT
  const meta = metaWith(address, atomic.load<u64>(address, CELL_WORD_OFFSET))
  return (<u32>meta & TAG_MASK) == TAG_ABSENT
}
function takeCurrentOnce(slot: usize, cell: u32, generation: u32): bool {
  return !isRemembered && takeCurrent(slot, cell, generation)
}
/** Reads a cell whose current version belongs`,
      ],
    ],
    scenarios: ['phantoms: two scans and two inserts'],
  },
  {
    name: 'a cell is linked into the ordered index that was taken from its key',
    file: 'ordered-insert.ts',
    changes: [['isMarked(address) || generationOf(address) != generation', 'false']],
    scenarios: [
      'a first write against recycling of a cell without a value',
      'an insert against recycling of its key',
    ],
  },
  {
    name: 'a split does not hand over when keys were deleted',
    file: 'ordered-insert.ts',
    changes: [
      [
        '  atomic.store<u64>(right, atomic.load<u64>(node, ORDERED_SINCE_OFFSET), ORDERED_SINCE_OFFSET)\n',
        '',
      ],
    ],
    scenarios: ['a scan behind a deletion whose cell is gone, and a split'],
  },
  {
    name: 'a leaf does not say when keys were deleted',
    file: 'ordered-node.ts',
    changes: [
      ['  raiseSince(leaf, atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT)\n', ''],
    ],
    scenarios: ['a scan behind a deletion whose cell is gone'],
  },
  {
    name: 'a scan does not ask when keys were deleted',
    file: 'scan.ts',
    changes: [['refuseAbsence(slot, 0, since)', 'refuseAbsence(slot, 0, 0)']],
    scenarios: ['a scan behind a deletion whose cell is gone'],
  },
  {
    name: 'a scan does not look at the word of its leaf again',
    file: 'scan.ts',
    changes: [['  if (wordOf(leaf) != word) return AGAIN\n', '']],
    scenarios: ['a scan of a closed snapshot against a split'],
  },
  {
    name: 'a scan does not wait for the lock of a leaf',
    file: 'scan.ts',
    changes: [['  if (holderIn(word) != 0) return AGAIN\n', '']],
    scenarios: ['a scan of a closed snapshot against a split'],
  },
  {
    name: 'who walks does not look at the high key',
    file: 'ordered-walk.ts',
    changes: [['return below ? order > 0 : order >= 0', 'return false && order > 0']],
    scenarios: ['a split against a split'],
  },
  {
    name: 'a leaf that is locked again is believed to have the same range',
    file: 'ordered-walk.ts',
    changes: [
      [
        '&& tryLock(lastLeaf, word)) return',
        '&& word != 1 && tryLock(lastLeaf, wordOf(lastLeaf))) return',
      ],
    ],
    scenarios: ['a split against a split'],
  },
  {
    name: 'the left half of a split is trimmed before the right one is linked',
    file: 'ordered-insert.ts',
    changes: [
      [
        '  // From here on the right half is in the tree',
        '  atomic.store<u64>(node, left, ORDERED_PERMUTATION_OFFSET)\n  // From here on the right half is in the tree',
      ],
    ],
    scenarios: ['the death of who splits'],
  },
  {
    name: 'recovery leaves a leaf locked',
    file: 'recover.ts',
    changes: [['  settleOrdered(record)\n', '']],
    scenarios: ['the death of who inserts'],
  },
  {
    name: 'recovery does not trim what was split',
    file: 'ordered-node.ts',
    changes: [
      [
        '      positionOf(node, permutation, high, blockLength(high), false),\n',
        '      <u32>permutation & 15,\n',
      ],
    ],
    scenarios: ['the death of who splits'],
  },
  {
    name: 'recovery leaves a cell in its leaf that was marked',
    file: 'ordered-node.ts',
    changes: [
      [
        '      if (!isMarked(cell)) continue\n',
        '      if (isMarked(cell) || !isMarked(cell)) continue\n',
      ],
    ],
    scenarios: ['the death of who recycles'],
  },
  {
    name: 'an own insert makes up for those of others',
    file: 'ordered-insert.ts',
    changes: [
      [
        'entry != 0 && load<u64>(entry, ENTRY_WORD_OFFSET) == unlockedWord(leaf)',
        'entry != 0 && unlockedWord(leaf) != 0',
      ],
    ],
    scenarios: ['own inserts in a range that was scanned, against an insert'],
  },
  {
    name: 'who splits a leaf that it has scanned forgets the right half',
    file: 'ordered-insert.ts',
    changes: [
      [
        '  if (known) addEntry(slot, <u32>(right',
        '  if (known && !known) addEntry(slot, <u32>(right',
      ],
    ],
    scenarios: [
      'own inserts that split a leaf that was scanned, against an insert behind the split',
    ],
  },
  {
    name: 'a leaf is taken out that has got a key',
    file: 'ordered-remove.ts',
    changes: [
      [
        '!(flags & ORDERED_LEAVING) || !isEmptied(node, below)',
        'flags > 1024 && !isEmptied(node, below)',
      ],
    ],
    scenarios: ['an insert into a leaf that is taken out'],
  },
  {
    name: 'who walks does not notice that a leaf was taken out',
    file: 'ordered-walk.ts',
    changes: [
      ['(ORDERED_LEVEL_MASK | ORDERED_DEAD))\n', 'ORDERED_LEVEL_MASK)\n'],
      [
        'return (atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) != 0',
        'return (atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) > ORDERED_DEAD',
      ],
    ],
    scenarios: ['an insert into a leaf that is taken out'],
  },
  {
    name: 'a leaf that was taken out stays in the branch',
    file: 'ordered-remove.ts',
    changes: [
      [
        '      const rest = removed(permutation, position)\n      atomic',
        '      const rest = permutation\n      atomic',
      ],
    ],
    scenarios: ['an insert into a leaf that is taken out'],
  },
  {
    name: 'recovery keeps a leaf that was taken out',
    file: 'ordered-node.ts',
    changes: [['& ORDERED_DEAD) {\n    right =', '& ORDERED_DEAD && false) {\n    right =']],
    scenarios: ['the death of who takes a leaf out'],
  },
]

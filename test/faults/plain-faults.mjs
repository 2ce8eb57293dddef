/** Faults in what a cell word says of its meta word, and in what is left in a slot by its last use. */

/** @type {import('./faults.mjs').Fault[]} */
export const plainFaults = [
  {
    name: 'a cell is unlocked before a number is installed over a plain one',
    file: 'install.ts',
    changes: [
      [
        '  atomic.store<u64>(address, load<u64>(entry, ENTRY_VALUE_OFFSET), CELL_VALUE_OFFSET)\n  atomic.store<u64>(address, word | PLAIN_FLAG, CELL_WORD_OFFSET)\n',
        '  atomic.store<u64>(address, word | PLAIN_FLAG, CELL_WORD_OFFSET)\n  atomic.store<u64>(address, load<u64>(entry, ENTRY_VALUE_OFFSET), CELL_VALUE_OFFSET)\n',
      ],
    ],
    scenarios: ['torn commit', 'lost update'],
  },
  {
    name: 'the second load of the word is skipped in the read of a plain number',
    file: 'read.ts',
    changes: [
      [
        ' &&\n    atomic.load<u64>(address, CELL_WORD_OFFSET) == word\n  ) {\n    return acceptPlain',
        '\n  ) {\n    return acceptPlain',
      ],
    ],
    scenarios: ['read skew of what closed epochs hold'],
  },
  {
    name: 'the read of a plain number does not ask whether the snapshot holds it',
    file: 'read.ts',
    changes: [
      [
        '    word >> TIMESTAMP_SHIFT <= load<u64>(slot, SLOT_BOUND_OFFSET) &&\n    entries <',
        '    entries <',
      ],
    ],
    scenarios: ['read skew', 'read skew under a closed snapshot'],
  },
  {
    name: 'the read of a plain number does not ask who has locked it',
    file: 'read.ts',
    changes: [
      ['(<u32>word & (PLAIN_FLAG | OWNER_MASK)) == PLAIN_FLAG', '(<u32>word & PLAIN_FLAG) != 0'],
    ],
    scenarios: ['read skew of what closed epochs hold', 'torn commit'],
  },
  {
    name: 'the read of a plain number passes over what the transaction knows of the cell',
    file: 'read.ts',
    changes: [['    (load<u64>(slot, SLOT_FILTER_OFFSET) & filterBit(cell)) == 0 &&\n', '']],
    scenarios: ['an update that is read', 'an update that is written over'],
  },
  {
    name: 'a number is installed over a plain one that somebody may read',
    file: 'install.ts',
    changes: [
      [
        '!(<u32>locked & PLAIN_FLAG) || locked >> TIMESTAMP_SHIFT <= keptUpTo',
        '!(<u32>locked & PLAIN_FLAG)',
      ],
    ],
    scenarios: ['read skew under a closed snapshot'],
  },
  {
    name: 'a number is installed over what is not plain as if it were',
    file: 'install.ts',
    changes: [
      [
        '!(<u32>locked & PLAIN_FLAG) || locked >> TIMESTAMP_SHIFT <= keptUpTo',
        'locked >> TIMESTAMP_SHIFT <= keptUpTo',
      ],
    ],
    scenarios: ['delete against update', 'insert-if-absent twice'],
  },
  {
    name: 'a commit drops a kept version that somebody needs',
    file: 'install.ts',
    changes: [['if (!isNeeded(from, stamp)) return version', 'if (head != 0) return version']],
    scenarios: ['pruning between two snapshots', 'read skew under a closed snapshot'],
  },
  {
    name: 'a number with older versions is called plain',
    file: 'cell.ts',
    changes: [['meta == PLAIN_META ? word', '(<u32>meta & 0xff) == 1 ? word']],
    scenarios: ['pruning between two snapshots', 'read skew under a closed snapshot'],
  },
  {
    name: 'whatever is installed is called plain',
    file: 'install.ts',
    changes: [['    word = wordWith(word, wanted)\n', '    word = wordWith(word, 257)\n']],
    scenarios: ['delete against update', 'torn commit of blocks'],
  },
  {
    name: 'whatever a recovery installs is called plain',
    file: 'recover.ts',
    changes: [['wordWith(word, wanted)', 'wordWith(word, 257)']],
    scenarios: ['death in a commit beside a closed snapshot', 'death in a commit of blocks'],
  },
  {
    name: 'recovery takes the phase of the use before for that of the present one',
    file: 'recover.ts',
    changes: [['return isPast ? STATE_FREE : ', 'return ']],
    scenarios: ['death of an owner that goes on to its next commit'],
  },
  {
    name: 'the phase of a next use keeps the generation of the one before',
    file: 'transaction.ts',
    changes: [['((generation + step) & GENERATION_MASK)', '(generation & GENERATION_MASK)']],
    scenarios: ['an owner that goes on to its next commit', 'read skew under a closed snapshot'],
  },
]

/** Rules of batches: of references, chains, merges, pins and schemas, and changes that break them. */

const COMPUTES = `  if (load<u32>(slot, SLOT_MODE_OFFSET) & MODE_UPDATES) {
    const refused = computeUpdates(slot)
    if (refused != 0) return refuseUpdate(slot, refused, validates)
  }
`

/** @type {import('./faults.mjs').Fault[]} */
export const rowFaults = [
  {
    name: 'rows are added without a reference to what they are added to',
    file: 'rows.ts',
    changes: [
      ['  if (!holdChunk(handle, chunkId(handle))) return false\n', ''],
      [
        'haveSameSchema(<u32>added, handle))) {\n    dropChunk(handle)\n',
        'haveSameSchema(<u32>added, handle))) {\n',
      ],
    ],
    scenarios: ['two who append'],
  },
  {
    name: 'rows are added before the cell is locked',
    file: 'commit.ts',
    changes: [
      [COMPUTES, ''],
      [
        '  const locked = lockWrites(slot, mode)\n',
        `${COMPUTES}  const locked = lockWrites(slot, mode)\n`,
      ],
      ['  if (locked != STATUS_OK) return giveUp(slot, locked)\n', ''],
    ],
    scenarios: ['two who append'],
  },
  {
    name: 'a chunk goes without its reference to the older one',
    file: 'chunk.ts',
    changes: [
      ['    handle = <u32>atomic.load<u64>(chunk, CHUNK_OLDER_OFFSET)\n', '    handle = 0\n'],
    ],
    scenarios: ['append against set'],
  },
  {
    name: 'a batch that was not added keeps its reference',
    file: 'horizon.ts',
    changes: [
      [
        'tag == TAG_BATCH || tag == TAG_APPEND || tag == TAG_APPEND_ON_CONFLICT) dropChunk',
        'tag == TAG_BATCH) dropChunk',
      ],
    ],
    scenarios: ['appends that are rolled back, and written over'],
  },
  {
    name: 'a batch that met a conflict keeps its reference',
    file: 'horizon.ts',
    changes: [[' || tag == TAG_APPEND_ON_CONFLICT) dropChunk', ') dropChunk']],
    scenarios: ['a batch with keys against what is no batch'],
  },
  {
    name: 'rows that are added to rows keep the reference of the entry',
    file: 'update.ts',
    changes: [['  if (update == TAG_APPEND) giveValue(TAG_APPEND, before)\n', '']],
    scenarios: ['two who append'],
  },
  {
    name: 'a batch is retired like a block',
    file: 'install.ts',
    changes: [
      ['(isBlock && (tag == TAG_BATCH || !mayRetire(old)))', '(isBlock && !mayRetire(old))'],
    ],
    scenarios: ['append against set'],
  },
  {
    name: 'a batch is given back like a block',
    file: 'horizon.ts',
    changes: [['  if (tag == TAG_BATCH || tag == TAG_APPEND ||', '  if (tag == TAG_APPEND ||']],
    scenarios: ['append against set'],
  },
  {
    name: 'a batch is appended on a conflict to what its transaction has read',
    file: 'rows.ts',
    changes: [['  return olderOf(chunkOf(value)) == 0\n', '  return true\n']],
    scenarios: ['a batch with keys on what was read, against append'],
  },
  {
    name: 'a batch without keys is appended on a conflict',
    file: 'rows.ts',
    changes: [
      ['  if (atomic.load<u32>(blockOf(value), BATCH_KEYS_OFFSET) == 0) return false\n', ''],
    ],
    scenarios: ['a batch without keys against append'],
  },
  {
    name: 'what a batch with keys met is an update that is refused',
    file: 'commit.ts',
    changes: [
      [
        'isConflict ? STATUS_WRITE_CONFLICT : STATUS',
        'isConflict ? STATUS_UPDATE_REFUSED : STATUS',
      ],
    ],
    scenarios: ['a batch with keys against what is no batch'],
  },
  {
    name: 'the schema of a batch is looked for without holding it',
    file: 'rows.ts',
    changes: [
      [
        '    const isHeld = holdChunk(handle, chunkId(handle))\n    const now = olderOf(chunk)\n    if (now == older) return isHeld ? handle : 0\n    if (isHeld) dropChunk(handle)\n    older = now\n',
        '    return handle\n',
      ],
      ['    if (chunk != handle) dropChunk(chunk)\n    chunk = older\n', '    chunk = older\n'],
      ['  if (left != added) dropChunk(left)\n  if (right != value) dropChunk(right)\n', ''],
    ],
    scenarios: ['merge against append to what rows were taken out of'],
  },
  {
    name: 'what was held by a link is not looked at again',
    file: 'rows.ts',
    changes: [
      [
        '    if (now == older) return isHeld ? handle : 0\n',
        '    if (now == older || isHeld) return isHeld ? handle : 0\n',
      ],
    ],
    scenarios: ['merge against append to what rows were taken out of'],
  },
  {
    name: 'rows are added to whatever has come to lie where the batch was',
    file: 'rows.ts',
    changes: [['  if (!isBatch(value) || !(isDeletion', '  if (!(isDeletion']],
    scenarios: ['an append whose snapshot is gone when it is read'],
  },
  {
    name: 'rows of any schema are added',
    file: 'rows.ts',
    changes: [
      ['!(isDeletion || haveSameSchema(<u32>added, handle))', '!(isDeletion || handle != 0)'],
    ],
    scenarios: ['rows of another schema'],
  },
  {
    name: 'rows that meet a batch of another schema are refused for good',
    file: 'commutative.ts',
    changes: [['(((<u64>TAG_APPEND) << 8) | <u64>TAG_BATCH)', '0']],
    scenarios: ['rows of another schema'],
  },
  {
    name: 'rows that do not fit what was read are refused for good',
    file: 'update.ts',
    changes: [['!isOwn && hasMetRows(slot) ?', 'isOwn && hasMetRows(slot) ?']],
    scenarios: ['rows of another schema, read before the commit'],
  },
  {
    name: 'rows that do not fit what their transaction has written are a conflict',
    file: 'update.ts',
    changes: [['!isOwn && hasMetRows(slot) ?', 'hasMetRows(slot) ?']],
    scenarios: ['rows of another schema than those that the transaction has written'],
  },
  {
    name: 'a batch that was replaced goes at once',
    file: 'replaced.ts',
    changes: [
      [
        '  // Who has found it has published a snapshot before, which is not above the clock.\n',
        '  giveData(record)\n  dropChunk(chunk)\n  if (chunk != 0) return\n',
      ],
    ],
    scenarios: ['merge against readers'],
  },
  {
    name: 'a batch that was replaced goes although a snapshot reads it',
    file: 'replaced.ts',
    changes: [
      [' > horizon()) return\n', ' > settled()) return\n'],
      ["import { horizon } from './horizon'", "import { settled } from './horizon'"],
    ],
    scenarios: ['swap against a closed snapshot'],
  },
  {
    name: 'a batch that was replaced goes with the epoch in which it was',
    file: 'replaced.ts',
    changes: [['clock() + 1, REPLACED_TIMESTAMP_OFFSET', 'clock(), REPLACED_TIMESTAMP_OFFSET']],
    scenarios: ['swap against readers'],
  },
  {
    name: 'two let go of the same batch',
    file: 'replaced.ts',
    changes: [
      [
        '    if (atomic.cmpxchg<u64>(owner, first, moved, THREAD_REPLACED_FIRST_OFFSET) != first) continue\n',
        '    atomic.store<u64>(owner, moved, THREAD_REPLACED_FIRST_OFFSET)\n',
      ],
    ],
    scenarios: ['two who let go for all'],
  },
  {
    name: 'one record of a batch that was replaced is not told from the next in its place',
    file: 'replaced.ts',
    changes: [['(((first >> 32) + 1) << 32) | next', 'next']],
    scenarios: ['a record that is used again while somebody lets go'],
  },
  {
    name: 'the last record is given back',
    file: 'replaced.ts',
    changes: [
      [
        'record == 0 || record == atomic.load<u32>(owner, THREAD_REPLACED_LAST_OFFSET)',
        'record == 0 || atomic.load<u32>(record, REPLACED_NEXT_OFFSET) == 0',
      ],
    ],
    scenarios: ['death between two swaps beside who lets go for all'],
  },
  {
    name: 'a link is swapped without comparing',
    file: 'rows.ts',
    changes: [
      [
        '  if (atomic.cmpxchg<u64>(above, seen, wanted, CHUNK_OLDER_OFFSET) != seen) {\n',
        '  atomic.store<u64>(above, wanted, CHUNK_OLDER_OFFSET)\n  if (wanted == 0) {\n',
      ],
    ],
    scenarios: ['merge against merge'],
  },
  {
    name: 'a link is swapped in a chunk that nobody holds',
    file: 'rows.ts',
    changes: [
      ['  if (!holdChunk(handle, id)) return false\n', ''],
      [
        'chunk, block)\n  dropChunk(handle)\n  return isReplaced',
        'chunk, block)\n  return isReplaced',
      ],
    ],
    scenarios: ['a merge that has lost its snapshot'],
  },
  {
    name: 'a cell is swapped without its lock',
    file: 'rows.ts',
    changes: [
      [
        '  if (atomic.cmpxchg<u64>(address, word, word | owner, CELL_WORD_OFFSET) == word) {\n',
        '  if (atomic.load<u64>(address, CELL_WORD_OFFSET) == word && owner != 0) {\n',
      ],
      ['    atomic.store<u64>(address, word, CELL_WORD_OFFSET)\n', ''],
    ],
    scenarios: ['swap against a commit over it'],
  },
  {
    name: 'a cell that is swapped gets another timestamp',
    file: 'rows.ts',
    changes: [
      [
        '    atomic.store<u64>(address, word, CELL_WORD_OFFSET)\n',
        '    atomic.store<u64>(address, word + (1 << 14), CELL_WORD_OFFSET)\n',
      ],
    ],
    scenarios: ['swap against who validates'],
  },
  {
    name: 'whatever batch is in a cell is swapped',
    file: 'rows.ts',
    changes: [
      ['tag == TAG_BATCH && chunkId(<u32>seen) == seenId', 'tag == TAG_BATCH && seenId != 0'],
    ],
    scenarios: ['a swap that has lost its snapshot'],
  },
  {
    name: 'a cell that is swapped is locked by a slot without a state',
    file: 'rows.ts',
    changes: [
      [
        '  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_SWEEPING), SLOT_PHASE_OFFSET)\n',
        '  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_FREE), SLOT_PHASE_OFFSET)\n',
      ],
      ['  STATE_FREE,\n  STATE_SWEEPING,\n', '  STATE_FREE,\n'],
    ],
    scenarios: ['swap against who validates'],
  },
  {
    name: 'the cell that is being swapped is not noted',
    file: 'rows.ts',
    changes: [['  store<u32>(slot, cell, SLOT_SWEPT_CELL_OFFSET)\n', '']],
    scenarios: ['death in a swap'],
  },
  {
    name: 'a lock that ended while it was looked at is taken for a commit',
    file: 'commit.ts',
    changes: [
      [
        '  return now == expected || (isSwept && now == word)\n',
        '  return isSwept && now == word\n',
      ],
    ],
    scenarios: ['swap against who validates'],
  },
  {
    name: 'a lock that ended while it was looked at stops an extension',
    file: 'snapshot.ts',
    changes: [
      [
        '  return now == expected || (isLater && now == word)\n',
        '  return isLater && now == word\n',
      ],
    ],
    scenarios: ['swap against who extends'],
  },
  {
    name: 'a chunk is held whatever it is by now',
    file: 'chunk.ts',
    changes: [
      [
        'if (word >> CHUNK_ID_SHIFT != <u64>id || references == 0) return false',
        'if (references == 0 || id < 0) return false',
      ],
    ],
    scenarios: ['a handle against the end of its batch'],
  },
  {
    name: 'a chunk is held that nobody holds',
    file: 'chunk.ts',
    changes: [
      [
        'if (word >> CHUNK_ID_SHIFT != <u64>id || references == 0) return false',
        'if (word >> CHUNK_ID_SHIFT != <u64>id) return false',
      ],
    ],
    scenarios: ['a handle against the end of its batch'],
  },
  {
    name: 'a pin is released whoever has it by now',
    file: 'pins.ts',
    changes: [
      [
        '  if (atomic.cmpxchg<u64>(pinAt(number), pin, free) != pin) return false\n',
        '  atomic.store<u64>(pinAt(number), free)\n',
      ],
    ],
    scenarios: ['a pin that is taken away'],
  },
  {
    name: 'a pin does not count its uses, and is used again at once',
    file: 'pins.ts',
    changes: [
      ['((pin >> PIN_USE_SHIFT) + 1) & PIN_USE_MASK', '(pin >> PIN_USE_SHIFT) & PIN_USE_MASK'],
      ['      firstTry = number + 1\n', '      firstTry = number\n'],
    ],
    scenarios: ['a pin that is released after it was taken away'],
  },
  {
    name: 'a pin is known by the word that is there after it was made',
    file: 'pins.ts',
    changes: [['  return made\n', '  return pinWord(firstTry - 1)\n']],
    scenarios: ['a pin that is used again while it is taken away'],
  },
  {
    name: 'a pin keeps no reference',
    file: 'pins.ts',
    changes: [
      [
        '    if (!holdChunk(handle, id)) return isFull(handle, id) ? PIN_BATCH_FULL : PIN_BATCH_GONE\n',
        '    if (isFull(handle, id)) return PIN_BATCH_FULL\n',
      ],
      ['      dropChunk(handle)\n      return PIN', '      return PIN'],
      ['    dropChunk(handle)\n  }\n  return', '  }\n  return'],
      ['  dropChunk(<u32>pin)\n', ''],
    ],
    scenarios: ['a pin against the end of its key'],
  },
  {
    name: 'what is not committed is pinned',
    file: 'access-set.ts',
    changes: [
      [
        '  return entry != 0 && (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE) != 0\n',
        '  return entry == 1\n',
      ],
      ['  ENTRY_WRITE,\n', ''],
    ],
    scenarios: ['a pin and a handle of what is not committed'],
  },
  {
    name: 'pins of a dead thread stay',
    file: 'recover.ts',
    changes: [['  releasePinsOf(index)\n', '']],
    scenarios: ['death of who pins'],
  },
  {
    name: 'the table of schemas is trusted',
    file: 'schema.ts',
    changes: [
      ['  if (!holdChunk(handle, chunkId(handle))) return 0\n', ''],
      ['  dropChunk(handle)\n  return 0', '  return 0'],
      ['    dropChunk(<u32>place)\n', ''],
    ],
    scenarios: ['two who register a schema that goes'],
  },
]

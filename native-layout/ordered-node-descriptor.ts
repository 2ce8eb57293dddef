/**
 * One node of the ordered index: a B-link tree (Lehman and Yao, 1981) over the encoded keys, whose
 * nodes publish what they hold by one store of a permutation (Mao, Kohler, Morris: Masstree, EuroSys
 * 2012). A leaf refers to cells, a branch to nodes of the level below. A node holds the keys from
 * its low key up to, and without, the low key of the node to its right.
 * The word is `version << TIMESTAMP_SHIFT`, with `thread index + 1` above ORDERED_LOCK_SHIFT while a
 * thread changes the node. It lies where a cell has its word, so that an entry of an access set can
 * stand for a leaf: the gap of all the keys of its range.
 * The permutation is `count | place of the first << 4 | place of the second << 8 | ...`; behind the
 * last one come the places that are free.
 * Behind the fields lie the places: eight bytes of the key each, big-endian, then references.
 * Invariants:
 *   O1. All but the stamps changes only under the lock; who has changed something leaves another word,
 *       and words of a node never come back, also when it is used again.
 *   O2. Type-stable: a block of this class is a node for ever.
 *   O3. A cell that ever had a committed value is in one leaf from its first write until it is marked.
 *   O4. The first reference of a branch has the low key of the branch. Other references may be
 *       missing: who follows the one before walks to the right.
 *   O5. A node is taken out of the tree only when it is empty, and to no dead node leads a reference
 *       of a branch.
 *   O6. The low key of a leaf is a block of its own; branches share it. It goes when the leaf does.
 * Owner: whoever holds the lock in the word.
 */

/** Shared, i32. Level, 0 for leaves, and the two flags below. */
export const ORDERED_LEVEL_OFFSET: u32 = 8

/** Shared, i64. The word: version, and who holds the lock. */
export const ORDERED_WORD_OFFSET: u32 = 16

/** Shared, i64. Of a leaf: the largest stamp of a reader of keys that are not in it. Where a gap has it. */
export const ORDERED_PSTAMP_OFFSET: u32 = ORDERED_WORD_OFFSET + 8

/** Shared, i64. The permutation: how many keys, and their places in order. */
export const ORDERED_PERMUTATION_OFFSET: u32 = ORDERED_PSTAMP_OFFSET + 8

/** Shared, i64. First eight bytes of the low key of the node to the right. */
export const ORDERED_HIGH_PREFIX_OFFSET: u32 = ORDERED_PERMUTATION_OFFSET + 8

/** Shared, i64. Of a leaf: the largest timestamp of a deletion whose cell was taken out of it. */
export const ORDERED_SINCE_OFFSET: u32 = ORDERED_HIGH_PREFIX_OFFSET + 8

/** Shared, i32. Address of the node to the right, or 0. */
export const ORDERED_RIGHT_OFFSET: u32 = ORDERED_SINCE_OFFSET + 8

/** Shared, i32. Handle of the block of the low key; 0: below all keys. */
export const ORDERED_LOW_OFFSET: u32 = ORDERED_RIGHT_OFFSET + 4

/** Where the places begin: the first bytes of the keys. */
export const ORDERED_PREFIXES_START: u32 = 64

/** Places of a node. */
export const ORDERED_PLACE_COUNT: u32 = 15

/** Where the references begin: cell ids in a leaf, addresses of nodes in a branch. */
export const ORDERED_REFERENCES_START: u32 = ORDERED_PREFIXES_START + ORDERED_PLACE_COUNT * 8

/** Length of a node in bytes. */
export const ORDERED_LENGTH: u32 = 256

/** Bits below the holder of the lock in the word. */
export const ORDERED_LOCK_SHIFT: u32 = 55

/** Flag of the level: it is empty and about to be taken out; nobody makes a reference to it. */
export const ORDERED_LEAVING: u32 = 256

/** Flag of the level: it is no longer in the tree. */
export const ORDERED_DEAD: u32 = 512

/** Mask of the level itself. */
export const ORDERED_LEVEL_MASK: u32 = 255

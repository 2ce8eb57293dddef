/** Scans of ranges, and the ordered index under them: inserts, splits, recycling, deaths. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/**
 * Keys that fill the first leaf, together with the three that the explorer makes, `~0`, `~1` and
 * `~check`: the next one splits it.
 */
const FULL_LEAF = { d1: 1, d2: 1, d3: 1, d4: 1, e1: 1, e2: 1, e3: 1, e4: 1, f1: 1, f2: 1, f3: 1 }

/** Keys that fill the first leaf, with those of the explorer in their middle. */
const TWO_LEAVES = {
  d1: 1,
  d2: 1,
  d3: 1,
  d4: 1,
  e1: 1,
  e2: 1,
  e3: 1,
  e4: 1,
  e5: 1,
  '~~1': 1,
  '~~2': 1,
  '~~3': 1,
  '~~4': null,
}

/** Adds a leaf for one key, and deletes that. */
const EMPTY_RIGHT_LEAF = 'P.begin; put ~~4 1; commit; Q.begin; delete ~~4; commit; horizon; horizon'

/** @type {Scenario[]} */
export const scans = [
  {
    name: 'phantoms: two scans and two inserts',
    keys: { x: 1 },
    threads: {
      A: 'begin; scan a..m -> a; put p 1; commit',
      B: 'begin; scan n..w -> b; put c 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'phantoms: a scan, and an insert of who read what the scan writes',
    keys: { x: 0 },
    threads: {
      A: 'begin; scan a..m -> a; write x 1; commit',
      B: 'begin; read x -> b; put c 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'phantoms: a scan, and a deletion',
    keys: { x: 0, c: 1 },
    threads: {
      A: 'begin; scan a..m -> a; write x 1; commit',
      B: 'begin; read x -> b; delete c; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan against an insert',
    keys: { x: 1 },
    threads: {
      A: 'begin; scan a..m -> a; read x -> b; commit',
      B: 'begin; put c 5; write x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a read, and a scan against an insert',
    keys: { x: 1 },
    threads: {
      A: 'begin; read x -> b; scan a..m -> a; commit',
      B: 'begin; put c 5; write x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan of a closed snapshot against an insert and a deletion',
    keys: { x: 1, c: 4 },
    threads: {
      A: 'begin closed; read x -> b; rscan a..m -> a; commit',
      B: 'begin; put d 5; delete c; write x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'two scans at repeatable-read against an insert',
    keys: { x: 1 },
    threads: {
      A: 'begin repeatable-read; scan a..z -> a; scan a..z -> b; commit',
      B: 'begin; put c 5; write x 2; commit',
    },
    allowed: ['a=1001 b=1001', 'a=7002 b=7002', 'A=aborted'],
  },
  {
    name: 'own inserts in a range that was scanned, against an insert',
    keys: { x: 1 },
    threads: {
      A: 'begin; scan a..m -> a; put c 1; scan a..m -> b; commit',
      B: 'begin; put d 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'own inserts that split a leaf that was scanned, against an insert behind the split',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin; scan a..w -> a; put d5 1; commit',
      B: 'begin; read d5 -> c; put f5 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan against a split',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin; scan a..w -> a; read x -> b; commit',
      B: 'begin; put e5 5; write x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan of a closed snapshot against a split',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin closed; scan a..w -> a; commit',
      B: 'begin; put e5 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan in reverse against a split',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin closed; rscan a..w -> a; read x -> b; commit',
      B: 'begin; put d5 5; write x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a split against a split',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin; put d5 1; commit; R.begin; scan a..w -> a; commit',
      B: 'begin; put f5 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an insert against recycling of its key',
    keys: { x: 1, y: 0 },
    before: 'P.begin; delete x; commit; horizon; horizon',
    threads: {
      A: 'begin; put x 5; commit; R.begin; scan a..z -> a; commit',
      B: 'horizon; sweep x; begin; scan a..z -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a first write against recycling of a cell without a value',
    keys: { x: null, y: 0 },
    threads: {
      A: 'begin; put x 5; commit; R.begin; scan a..z -> a; commit',
      B: 'horizon; sweep x unborn; begin; scan a..z -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan behind a deletion whose cell is gone',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin; read y -> a; scan w..x -> b; commit',
      B: 'begin; delete x; write y 1; commit; horizon; horizon; sweep x',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan behind a deletion whose cell is gone, and a split',
    keys: { ...FULL_LEAF, y: 0 },
    threads: {
      A: 'begin; read y -> a; scan f2..f2 -> b; commit',
      B: 'begin; delete f2; write y 1; commit; horizon; horizon; sweep f2; Q.begin; put e5 1; put e6 1; rollback',
    },
    allowed: ['A=aborted', 'A=ok a=0 b=1001', 'A=ok a=1 b=0'],
  },
  {
    name: 'a scan against a key that is deleted, recycled and made again',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin; scan w..x -> a; read y -> b; write y b+1; commit',
      B: 'begin; delete x; commit; horizon; horizon; sweep x; Q.begin; put x 2; write y 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an insert into a leaf that is taken out',
    keys: TWO_LEAVES,
    before: EMPTY_RIGHT_LEAF,
    threads: {
      A: 'horizon; sweep; begin; scan ~~..~~~ -> a; commit',
      B: 'begin; put ~~5 2; commit; R.begin; scan ~~..~~~ -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a scan of a leaf that is taken out, and comes back',
    keys: TWO_LEAVES,
    before: EMPTY_RIGHT_LEAF,
    threads: {
      A: 'begin; scan ~~..~~~ -> a; put ~~3 a+1; commit',
      B: 'horizon; sweep; horizon; sweep; begin; scan ~~..~~~ -> b; put ~~6 b+2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'the death of who takes a leaf out',
    keys: TWO_LEAVES,
    before: EMPTY_RIGHT_LEAF,
    threads: {
      A: 'horizon; sweep',
      B: 'recover A; begin; put ~~5 2; put ~~0 2; commit; R.begin; scan ~~..~~~ -> b; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'the death of who inserts',
    keys: { x: 1 },
    threads: {
      A: 'begin; put c 1; commit',
      B: 'recover A; begin; put d 2; commit; R.begin; scan a..w -> a; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'the death of who splits',
    keys: { ...FULL_LEAF, x: 1 },
    threads: {
      A: 'begin; put e5 1; commit',
      B: 'recover A; begin; put e6 2; put f5 2; commit; R.begin; scan a..w -> a; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'the death of who recycles',
    keys: { x: 1, y: 0 },
    before: 'P.begin; delete x; commit; horizon; horizon',
    threads: {
      A: 'horizon; sweep x',
      B: 'recover A; begin; put c 2; put x 2; commit; R.begin; scan a..z -> a; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

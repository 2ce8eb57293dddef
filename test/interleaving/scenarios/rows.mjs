/** Batches: rows that are added, chains that are merged, pins and schemas. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** A key far from the others in the list of all cells. */
const FAR = 'k16011'

/** Has nothing but the chain of x refer to its batches. */
const ALONE = 'horizon; horizon; sweep x'

/** Adds rows to x until it is a chain of three batches. */
const ADD_TWO = `P.begin; append x [2]; commit; Q.begin; append x [3]; commit; ${ALONE}`

/** Gives back what was let go of, and uses it. */
const REUSE = 'horizon; horizon; U.begin; write z [7]; append z [8]; append z [9]; commit'

/** @type {Scenario[]} */
const appends = [
  {
    name: 'two who append',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; append x [2]; append x [3]; commit',
      B: 'begin; append x [4]; commit; S.begin; append x [5]; commit',
    },
    allowed: ['A=ok B=ok S=ok x=12345|14235|14523'],
  },
  {
    name: 'two who append, at other levels, with snapshots',
    keys: { x: '[1]' },
    threads: {
      A: 'begin repeatable-read closed ignore; append x [2]; commit',
      B: `begin read-committed; append x [3]; commit
          S.begin closed replace; append x [4]; commit`,
    },
    allowed: ['A=ok B=ok S=ok x=1234|1324|1342'],
  },
  {
    name: 'two who append to a missing key',
    keys: {},
    threads: { A: 'begin; append key:k [2]; commit', B: 'begin; append key:k [3]; commit' },
    allowed: ['A=ok B=ok k=23|32'],
  },
  {
    name: 'append to what was found missing',
    keys: {},
    threads: {
      A: 'begin; get k -> a; append key:k [2]; commit',
      B: 'begin; append key:k [3]; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'append against set',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; append x [2]; commit',
      B: 'begin; write x [3]; commit; S.begin; read x -> s; append x [4]; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'append against delete',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; append x [2]; commit',
      B: 'begin; delete x; commit; S.begin; append x [4]; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'append against a deletion and a new batch',
    keys: { x: '[1]', y: 0 },
    threads: {
      A: 'begin; read y -> a; append x [2]; commit',
      B: `begin; delete x; commit; horizon; horizon; sweep x; make ${FAR} -> f
          Q.begin; put x [3]; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'append against a closed snapshot',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin; append x [2]; append y [2]; commit; S.begin; append y [3]; append x [3]; commit',
      B: 'begin closed; read x -> a; read y -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'append against who reads what is current',
    keys: { x: '[1]', y: '[1]', z: 0 },
    threads: {
      A: 'begin; append x [2]; append y [2]; commit; S.begin; append y [3]; append x [3]; commit',
      B: 'begin; read x -> a; read y -> b; write z 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'append to what was read',
    keys: { x: '[1]' },
    threads: {
      A: 'begin replace; read x -> a; append x [2]; commit',
      B: 'begin; append x [3]; commit; S.begin closed; read x -> s; append x [4]; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an append that is read',
    keys: { x: '[1]' },
    threads: {
      A: 'begin replace; append x [2]; read x -> a; append x [3]; commit',
      B: 'begin; append x [4]; commit; S.begin closed; append x [5]; read x -> s; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'appends that are rolled back, and written over',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin; append x [2]; append x [3]; rollback; S.begin; append x [4]; write x [5]; commit',
      B: 'begin; append x [6]; append y [7]; read x -> b; rollback; T.begin; append x [8]; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an append to what is no batch',
    keys: { x: 1, y: '[1]' },
    threads: {
      A: 'begin; append y [2]; append x [2]; commit',
      B: 'begin; write x [5]; commit',
    },
    allowed: ['A=refused B=ok x=5 y=1', 'A=ok B=ok x=52 y=12', 'A=ok B=aborted'],
  },
  {
    name: 'an append that a stale read has led to',
    keys: { t: 0, x: '[1]' },
    threads: {
      A: 'begin; read t -> a; append x [2]; commit',
      B: 'begin; write t 1; write x 5; commit',
    },
    allowed: ['A=ok', 'A=aborted', 'A=refused a=1'],
  },
  {
    name: 'an append whose snapshot is gone when it is read',
    keys: { x: '[1]s', y: '[1]' },
    threads: {
      A: 'begin closed; append x [2]s; read x -> a; commit',
      B: `begin replace; write x [3]s; commit; revoke A; horizon; horizon; sweep x
          Q.begin replace; write y [7]t; append y [8]t; commit`,
    },
    allowed: [
      'A=aborted B=ok Q=ok x=3 y=78',
      'A=ok B=ok Q=ok a=12 x=3 y=78',
      'A=ok B=ok Q=ok a=32 x=32 y=78',
    ],
  },
  {
    name: 'death in an append',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin; append x [2]; append y [2]; commit',
      B: `begin; read x -> a; read y -> b; commit; recover A
          Q.begin; append y [3]; read x -> c; commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death in an append to a missing key',
    keys: { y: 0 },
    threads: {
      A: 'begin; read y -> a; append key:k [2]; commit',
      B: `begin; get k -> b; add y 1; commit; recover A
          Q.begin; append key:k [3]; commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'an append that waits for the lock of a dead one',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin; write y [2]; commit',
      B: `begin replace; append x [3]; append y [3]; try; recover A
          R.begin; R.read y -> r; R.commit; B.commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
const conflicts = [
  {
    name: 'a batch with keys against append',
    keys: { x: '[1]' },
    threads: {
      A: 'begin append; write x [2]; commit',
      B: 'begin; append x [3]; commit',
    },
    allowed: ['A=ok B=ok x=23|2|132'],
  },
  {
    name: 'a batch without keys against append',
    keys: {},
    threads: {
      A: 'begin repeatable-read append; get k -> a; append key:k [2]; commit',
      B: 'begin; append key:k [3]; commit',
    },
    allowed: [
      'A=ok B=ok a=3 k=32',
      'A=ok B=ok a=absent k=23',
      'A=aborted B=ok k=3',
      'A=aborted B=ok a=none k=3',
    ],
  },
  {
    name: 'two batches with keys',
    keys: { x: '[1]', y: 0 },
    threads: {
      A: 'begin closed append; write x [2]; write y 2; commit',
      B: 'begin closed append; write x [3]; commit; S.begin; append x [4]; commit',
    },
    allowed: ['A=ok B=ok S=ok x=234|324|342|24|42|34|2|3 y=2'],
  },
  {
    name: 'a batch with keys against what is no batch',
    keys: { x: '[1]' },
    threads: { A: 'begin append; write x [2]; commit', B: 'begin; write x 7; commit' },
    allowed: ['A=ok B=ok x=7|2', 'A=aborted B=ok x=7', 'A=ok B=aborted x=2'],
  },
  {
    name: 'a batch with keys against delete',
    keys: { x: '[1]' },
    threads: { A: 'begin append; write x [2]; commit', B: 'begin; delete x; commit' },
    allowed: ['A=ok B=ok x=2|absent', 'A=ok B=aborted x=2'],
  },
  {
    name: 'a batch with keys on what was read, against append',
    keys: { x: '[1]' },
    threads: {
      A: 'begin repeatable-read append; read x -> a; drop x [1]; commit',
      B: 'begin; append x [3]; commit; S.begin; read x -> s; commit',
    },
    allowed: [
      'A=ok B=ok S=ok a=1 s=3 x=3',
      'A=ok B=ok S=ok a=13 s=13|3 x=3',
      'A=aborted B=ok S=ok s=13 x=13',
    ],
  },
  {
    name: 'a batch with keys that waits for the lock of a dead one',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin; append x [5]; commit; S.begin; append y [2]; commit',
      B: 'begin append; write x [3]; write y [3]; try; recover A; commit',
    },
    dying: ['A'],
    allowed: ['B=ok x=3|13|153|35 y=3|13|123|32', 'B=aborted x=1|15'],
  },
]

/** @type {Scenario[]} */
const merges = [
  {
    name: 'merge against readers',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.merge x; ${REUSE}`,
      B: 'begin; read x -> a; read z -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'merge against a closed snapshot',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `begin; append x [4]; commit; merge x; ${REUSE}`,
      B: 'begin closed; read x -> a; read x -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'merge against append',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.merge x; ${REUSE}`,
      B: 'begin; append x [4]; commit; S.begin; append x [5]; read x -> s; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'merge against set and delete',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.merge x; ${REUSE}`,
      B: 'begin; write x [5]; commit; horizon; sweep x; S.begin; delete x; commit; horizon; sweep x',
    },
    allowed: 'serial',
  },
  {
    name: 'merge against merge',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; R.begin; append x [4]; commit; ${ALONE}`,
    threads: {
      A: `M.merge x; ${REUSE}`,
      B: 'N.merge x; horizon; horizon; begin; read x -> b; commit',
    },
    allowed: ['M=ok N=aborted U=ok B=ok b=1234 x=1234', 'M=aborted N=ok U=ok B=ok b=1234 x=1234'],
  },
  {
    name: 'merge of the newest against merge of all',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; R.begin; append x [4]; commit; S.begin; append x [5]; commit; ${ALONE}`,
    threads: {
      A: `M.merge x 2; ${REUSE}`,
      B: 'N.merge x; M2.merge x 2; horizon; begin; read x -> b; commit',
    },
    allowed: ['U=ok B=ok b=12345 x=12345'],
  },
  {
    name: 'a merge that has lost its snapshot',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: 'M.merge x; horizon; S.begin; read x -> s; commit',
      B: 'revoke M; begin; delete x; commit; horizon; horizon; sweep x; Q.begin; put x [8]; commit',
    },
    allowed: ['S=ok B=ok Q=ok s=123|8|absent x=8', 'S=aborted B=ok Q=ok x=8'],
  },
  {
    name: 'swap against readers',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `swap x; ${REUSE}`,
      B: 'begin; read x -> a; read z -> b; read x -> c; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'swap against a closed snapshot',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `swap x; ${REUSE}`,
      B: 'begin closed; read z -> b; read x -> a; read x -> c; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'swap against a snapshot of what was before',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `begin; append x [4]; commit; swap x; ${REUSE}`,
      B: 'begin closed; read x -> a; read x -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'swap against append',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'begin; append x [4]; commit; S.begin; append x [5]; read x -> s; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'swap against a commit over it',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'begin; write x [5]; commit; S.begin; delete x; commit; T.begin; write x 6; commit',
    },
    allowed: ['B=ok S=ok T=ok U=ok x=6 z=789'],
  },
  {
    name: 'swap against who validates',
    keys: { x: '[1]', y: 0 },
    before: ADD_TWO,
    threads: {
      A: 'M.swap x; horizon; horizon',
      B: 'begin; read x -> a; write y 1; commit; S.begin fail; read x -> s; append x [4]; commit',
    },
    allowed: ['B=ok S=ok a=123 s=123 x=1234 y=1'],
  },
  {
    name: 'swap against who extends',
    keys: { x: '[1]', y: 0, w: 0 },
    before: ADD_TWO,
    threads: {
      A: 'begin; write y 1; commit; swap x; horizon',
      B: 'begin; read x -> a; read y -> b; write w 1; commit',
    },
    allowed: ['A=ok B=ok a=123 b=0|1 x=123', 'A=ok B=aborted a=123 b=0 x=123'],
  },
  {
    name: 'swap against swap',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'N.swap x; horizon; horizon; begin; read x -> b; commit',
    },
    allowed: ['U=ok B=ok b=123 x=123'],
  },
  {
    name: 'swap against merge',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; R.begin; append x [4]; commit; ${ALONE}`,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'N.merge x; horizon; horizon; begin; append x [5]; read x -> b; commit',
    },
    allowed: ['U=ok B=ok b=12345 x=12345'],
  },
  {
    name: 'swap against a sweep',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'horizon; sweep x; begin; append x [5]; commit; horizon; sweep x',
    },
    allowed: ['U=ok B=ok x=1235'],
  },
  {
    name: 'a swap that has lost its snapshot',
    keys: { x: '[1]' },
    before: ADD_TWO,
    threads: {
      A: 'M.swap x',
      B: 'revoke M; begin; write x 0; commit; horizon; horizon; sweep x; Q.begin; write x [8]; commit',
    },
    allowed: ['B=ok Q=ok x=8'],
  },
  {
    name: 'merge against append to what rows were taken out of',
    keys: { x: '[1]s', z: 0 },
    before: `P.begin; append x [2]s; commit; Q.begin; drop x [1]k; commit; ${ALONE}`,
    threads: {
      A: 'begin; append x [3]s; commit',
      B: 'N.merge x; horizon; horizon; U.begin; write z [7]t; append z [8]t; append z [9]t; commit',
    },
    allowed: ['A=ok U=ok x=23 z=789'],
  },
  {
    name: 'death in a merge',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; R.begin; append x [4]; commit; ${ALONE}`,
    threads: {
      A: `M.merge x 2; ${REUSE}`,
      B: 'recover A; begin; append x [5]; read x -> b; commit; N.merge x; horizon',
    },
    dying: ['A'],
    allowed: ['B=ok b=12345 x=12345'],
  },
  {
    name: 'death in a swap',
    keys: { x: '[1]', z: 0 },
    before: ADD_TWO,
    threads: {
      A: `M.swap x; ${REUSE}`,
      B: 'begin; read x -> a; commit; recover A; Q.begin; append x [5]; commit; N.swap x; horizon',
    },
    dying: ['A'],
    allowed: ['B=ok Q=ok a=123 x=1235'],
  },
]

/** @type {Scenario[]} */
const references = [
  {
    name: 'a pin against the end of its key',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p; look p -> b',
      B: `begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['A=ok B=ok U=ok a=1 b=absent', 'A=ok B=ok U=ok a=none b=none'],
  },
  {
    name: 'a pin that is taken away',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p; S.begin; keep x q; commit; release p',
      B: `unpin; begin; write x 0; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['A=ok B=ok S=ok U=ok a=1|absent|none x=0'],
  },
  {
    name: 'a pin that is used again while it is taken away',
    keys: { x: '[1]', y: '[2]' },
    threads: {
      A: 'begin; keep x p; commit; release p; S.begin; keep y q; commit; release q',
      B: 'unpin; begin; keep x r; commit; look r -> b; release r',
    },
    allowed: ['A=ok S=ok B=ok b=1'],
  },
  {
    name: 'a pin that is released after it was taken away',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; keep x p; commit; unpin; S.begin; keep x q; commit; release p; look q -> a; release q',
      B: 'begin; append x [2]; commit; horizon; horizon; sweep x',
    },
    allowed: ['A=ok S=ok B=ok a=1|12 x=12'],
  },
  {
    name: 'death of who pins',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; release p',
      B: `unpin; recover A; begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    dying: ['A'],
    allowed: ['B=ok U=ok x=absent z=789'],
  },
  {
    name: 'a handle against the end of its batch',
    keys: { x: '[1]', z: 0 },
    before: 'P.begin; read x -> p; commit',
    threads: {
      A: `begin; handle x h; commit; S.begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
      B: 'open h p; look p -> b; release p; open h q; look q -> c; release q',
    },
    allowed: ['A=ok S=ok U=ok b=1|none c=1|none'],
  },
  {
    name: 'a pin of a snapshot that is gone',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p',
      B: `revoke A; begin; write x 0; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['B=ok U=ok a=1|absent|none x=0 z=789'],
  },
  {
    name: 'two who register a schema that goes',
    keys: { x: '[1]s', y: 0, z: 0 },
    before: 'P.begin; delete x; commit',
    threads: {
      A: 'begin; write y [2]s; commit',
      B: 'horizon; horizon; sweep x; begin; write z [3]s; commit',
    },
    allowed: ['A=ok B=ok y=2 z=3'],
  },
  {
    name: 'a schema that comes to lie where another one was',
    keys: { x: '[1]s', y: 0, z: 0 },
    before: 'P.begin; delete x; commit',
    threads: {
      A: 'horizon; horizon; sweep x; begin; write y [2]t; commit',
      B: 'begin; write z [3]s; commit; S.begin; append z [4]s; commit',
    },
    allowed: ['A=ok B=ok S=ok y=2 z=34'],
  },
  {
    name: 'rows of another schema',
    keys: { x: '[1]s' },
    threads: {
      A: 'begin; append x [2]t; commit',
      B: 'begin; write x [3]t; commit; S.begin; append x [4]s; commit',
    },
    allowed: [
      'A=refused B=ok S=refused x=3',
      'A=ok B=ok S=refused x=32',
      'A=refused B=aborted S=ok x=14',
    ],
  },
]

/** @type {Scenario[]} */
export const rows = [...appends, ...conflicts, ...merges, ...references]

/** @type {Scenario[]} */
export const judgedRows = [
  {
    name: 'an append is judged by what it really replaces',
    keys: { y: '[1]', z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; append y [2]; commit',
      B: 'begin; write z 1; commit; F.begin; read z -> b; append y [3]; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'two judged appends',
    keys: { x: '[1]', y: '[1]' },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; append x [2]; commit',
      B: 'begin judgeable; read x -> c; read y -> d; append y [3]; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a swap beside judged ones',
    keys: { x: '[1]', y: '[1]' },
    before: ADD_TWO,
    threads: {
      A: 'begin judgeable; read x -> a; append y [2]; commit; swap x; horizon',
      B: 'begin judgeable; read y -> b; append x [4]; commit; swap x; horizon',
    },
    allowed: 'serializable',
  },
]

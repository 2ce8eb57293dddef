/** Batches: chains that are merged and swapped. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** Has nothing but the chain of x refer to its batches. */
const ALONE = 'horizon; horizon; sweep x'

/** Adds rows to x until it is a chain of three batches. */
export const ADD_TWO = `P.begin; append x [2]; commit; Q.begin; append x [3]; commit; ${ALONE}`

/** Gives back what was let go of, and uses it. */
export const REUSE = 'horizon; horizon; U.begin; write z [7]; append z [8]; append z [9]; commit'

/** @type {Scenario[]} */
export const rowMerges = [
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
    name: 'who merges against who lets go for all',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; swap x; R.begin; append x [4]; commit; ${ALONE}`,
    threads: {
      A: `M.merge x; swap x; collect; U.begin; append x [5]; commit`,
      B: 'collect; collect; begin; read x -> b; commit; collect',
    },
    allowed: 'serial',
  },
  {
    name: 'two who let go for all',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; swap x; R.begin; append x [4]; commit; swap x; Q.begin; append x [5]; commit; swap x`,
    threads: { A: `collect; ${REUSE}`, B: 'collect; begin; append x [6]; commit; swap x; collect' },
    allowed: ['U=ok B=ok x=123456 z=789'],
  },
  {
    name: 'who lets go for all against readers',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; swap x`,
    threads: {
      A: `begin; append x [4]; commit; swap x`,
      B: 'begin; read x -> b; commit; collect; collect',
      C: `collect; ${REUSE}`,
    },
    allowed: 'serial',
  },
  {
    name: 'a record that is used again while somebody lets go',
    keys: { x: '[1]' },
    before: `${ADD_TWO}; horizon`,
    threads: {
      A: 'swap x; horizon; horizon; begin; append x [4]; commit; swap x; horizon; horizon',
      B: 'collect; collect',
    },
    allowed: ['A=ok x=1234'],
  },
  {
    name: 'death between two swaps beside who lets go for all',
    keys: { x: '[1]', z: 0 },
    before: `${ADD_TWO}; swap x; R.begin; append x [4]; commit`,
    threads: {
      A: 'swap x; begin; append x [5]; commit; swap x',
      B: `collect; recover A; collect; collect; ${REUSE}`,
    },
    dying: ['A'],
    allowed: ['U=ok x=1234|12345 z=789'],
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

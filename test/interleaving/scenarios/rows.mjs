/** Batches: rows that are added and taken out, and all else that concerns batches. */
import { ADD_TWO, rowMerges } from './row-merges.mjs'
import { rowReferences } from './row-references.mjs'

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** A key far from the others in the list of all cells. */
const FAR = 'k16011'

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
const deletions = [
  {
    name: 'rows taken out of a batch that goes',
    keys: { x: '[12]' },
    threads: {
      A: 'begin read-committed replace; drop x [1]; commit',
      B: 'begin; delete x; commit; horizon; horizon; sweep x',
    },
    allowed: ['A=ok B=ok x=2|absent', 'A=ok B=aborted x=2', 'A=aborted B=ok x=absent'],
  },
  {
    name: 'rows taken out of a batch in whose place another one comes',
    keys: { x: '[12]s' },
    threads: {
      A: 'begin read-committed append; drop x [1]k; commit',
      B: 'begin; write x [34]t; commit; S.begin; append x [1]t; commit',
    },
    allowed: ['A=aborted B=ok S=ok x=341', 'A=ok B=ok S=ok x=341|34', 'A=ok B=aborted'],
  },
  {
    name: 'rows taken out of what is read for the last time',
    keys: { x: '[12]', y: '[1]' },
    threads: {
      A: 'begin; drop x [1]; commit',
      B: `begin replace; write x [3]; commit; revoke A; horizon; horizon; sweep x
          Q.begin replace; write y [7]; append y [8]; commit`,
    },
    allowed: ['A=ok B=ok Q=ok x=3|2 y=78', 'A=aborted B=ok Q=ok x=3 y=78'],
  },
  {
    name: 'rows taken out of what the transaction has added to',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; append x [2]; drop x [1]; append x [3]; commit',
      B: 'begin; append x [4]; commit; S.begin; drop x [2]; commit',
    },
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
export const rows = [...appends, ...deletions, ...conflicts, ...rowMerges, ...rowReferences]

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

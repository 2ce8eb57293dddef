/** Updates that commute, against one another and against everything else. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** A key far from the others in the list of all cells. */
const FAR = 'k16011'

/** @type {Scenario[]} */
export const updates = [
  {
    name: 'two who add',
    keys: { x: 1 },
    threads: {
      A: 'begin; add x 2; add x 3; commit',
      B: 'begin; add x 10; commit; S.begin; add x 100; commit',
    },
    allowed: ['A=ok B=ok S=ok x=116'],
  },
  {
    name: 'two who add, at other levels, with snapshots',
    keys: { x: 1 },
    threads: {
      A: 'begin repeatable-read closed ignore; add x 2; commit',
      B: 'begin read-committed; add x 10; commit; S.begin closed replace; add x 100; commit',
    },
    allowed: ['A=ok B=ok S=ok x=113'],
  },
  {
    name: 'larger and smaller ones',
    keys: { x: 5, y: 5 },
    threads: {
      A: 'begin; max x 7; min y 3; commit',
      B: 'begin; min y 4; max x 6; commit; S.begin; max x 1; min y 9; commit',
    },
    allowed: ['A=ok B=ok S=ok x=7 y=3'],
  },
  {
    name: 'two who add to a missing key',
    keys: {},
    threads: {
      A: 'begin; add key:k 2; commit',
      B: 'begin; add key:k 10; commit',
    },
    allowed: ['A=ok B=ok k=12'],
  },
  {
    name: 'add to a missing key against who misses it',
    keys: { y: 0 },
    threads: {
      A: 'begin; read y -> a; add key:k 2; commit',
      B: 'begin; get k -> b; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'add to what was found missing',
    keys: {},
    threads: {
      A: 'begin; get k -> a; add key:k 2; commit',
      B: 'begin; add key:k 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'add to what was found missing, at another level',
    keys: {},
    threads: {
      A: 'begin repeatable-read; get k -> a; add key:k 2; commit',
      B: 'begin; put k 10; commit',
    },
    allowed: [
      'A=ok B=ok a=10 k=12',
      'A=ok B=ok a=absent k=10',
      'A=aborted B=ok k=10',
      'A=ok B=aborted a=absent k=2',
    ],
  },
  {
    name: 'add against a closed snapshot',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; add x 1; add y 1; commit; S.begin; add y 1; add x 1; commit',
      B: 'begin closed; read x -> a; read y -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'add against who reads what is current',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin; add x 1; add y 1; commit; S.begin; add y 1; add x 1; commit',
      B: 'begin; read x -> a; read y -> b; write z 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'add against set',
    keys: { x: 1 },
    threads: {
      A: 'begin; add x 2; commit',
      B: 'begin; write x 10; commit; S.begin; read x -> s; write x s+100; commit',
    },
    allowed: [
      'A=ok B=ok S=ok s=10|12 x=112',
      'A=ok B=ok S=ok s=10 x=110',
      'A=ok B=ok S=aborted x=12|10',
      'A=ok B=aborted S=ok s=1|3 x=103',
      'A=ok B=aborted S=aborted x=3',
    ],
  },
  {
    name: 'add against set, in some serial order',
    keys: { x: 1 },
    threads: {
      A: 'begin; add x 2; commit',
      B: 'begin; write x 10; commit; S.begin; read x -> s; write x s+100; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'add against a deletion and a new value',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin; read y -> a; add x 2; commit',
      B: `begin; delete x; commit; horizon; horizon; sweep x; make ${FAR} -> f
          Q.begin; put x 10; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'add to a deleted key whose cell is taken',
    keys: { x: 1 },
    before: 'P.begin; delete x; commit; horizon',
    threads: {
      A: 'begin; add x 2; commit',
      B: `horizon; sweep x; make ${FAR} -> f; begin; add key:x 10; commit`,
    },
    allowed: ['A=ok B=ok x=12', 'A=aborted B=ok x=10', 'A=ok B=aborted x=2'],
  },
  {
    name: 'write skew of updates',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; add x 5; commit',
      B: 'begin; read x -> b; max y 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an update that is read',
    keys: { x: 0 },
    threads: {
      A: 'begin replace; add x 1; read x -> a; commit',
      B: 'begin; add x 10; commit; S.begin closed; add x 100; read x -> s; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an update of what was read',
    keys: { x: 0 },
    threads: {
      A: 'begin replace; read x -> a; add x 1; commit',
      B: 'begin; add x 10; commit; S.begin closed; read x -> s; max x 5; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an update that is written over',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin repeatable-read; read y -> a; add x 1; write x 7; commit',
      B: 'begin; write x 2; write y 1; commit',
    },
    allowed: [
      'A=ok B=ok a=1 x=7 y=1',
      'A=ok B=ok a=0 x=2 y=1',
      'A=aborted B=ok x=2 y=1',
      'A=ok B=aborted a=0 x=7 y=0',
    ],
  },
  {
    name: 'an update beside a read of what is newer',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin repeatable-read; add x 1; read y -> a; commit',
      B: 'begin; add x 10; write y 1; commit',
    },
    allowed: ['A=ok B=ok a=0|1 x=11 y=1'],
  },
  {
    name: 'an update that is met by a scan',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; add x 1; scan x..y -> a; commit',
      B: 'begin; add x 10; add y 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an update of what a scan has missed',
    keys: { x: 0 },
    threads: {
      A: 'begin; scan x..z -> a; add key:z 2; commit',
      B: 'begin; put z 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a write over what a scan has missed, replace',
    keys: { x: 0 },
    threads: {
      A: 'begin replace; scan x..z -> a; put z 2; commit',
      B: 'begin; put z 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'an update of what is no number',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin; add y 1; add x 1; commit',
      B: 'begin; write x 5; commit',
    },
    allowed: ['A=refused B=ok x=5 y=0', 'A=ok B=ok x=6 y=1', 'A=ok B=aborted'],
  },
  {
    name: 'an update that a stale read has led to',
    keys: { t: 0, x: 0 },
    threads: {
      A: 'begin; read t -> a; add x 1; commit',
      B: 'begin; write t 1; write x #5; commit',
    },
    allowed: ['A=ok', 'A=aborted', 'A=refused a=1'],
  },
  {
    name: 'death in an update',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; add x 1; max y 1; commit',
      B: 'begin; read x -> a; read y -> b; commit; recover A; Q.begin; add y 10; read x -> c; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death in an update of a missing key',
    keys: { y: 0 },
    threads: {
      A: 'begin; read y -> a; add key:k 1; commit',
      B: 'begin; get k -> b; add y 1; commit; recover A; Q.begin; add key:k 10; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'an update that waits for the lock of a dead one',
    keys: { x: 1, y: 1 },
    threads: {
      A: 'begin; write y 100; commit',
      B: `begin replace; add x 10; add y 10; try; recover A
          R.begin; R.read y -> r; R.commit; B.commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
export const judgedUpdates = [
  {
    name: 'an update is judged by what it really replaces',
    keys: { y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; add y 5; commit',
      B: 'begin; write z 1; commit; F.begin; read z -> b; write y b+10; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'an update is judged by who has read what it really replaces',
    keys: { w: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; add y 5; commit',
      B: `V.begin; V.add y 100; V.commit; E.begin closed; E.rollback; begin; write z 1; commit
          R.begin; read z -> r; read y -> q; write w 1; commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'two judged updates',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; add x 1; commit',
      B: 'begin judgeable; read x -> c; read y -> d; add y 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'judged updates beside a reader',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; add x 10; commit',
      B: 'begin; add y 1; commit; Q.begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'death of a judged update',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; add x 10; commit',
      B: 'begin; write y 1; add x 1; commit; recover A; Q.begin; read x -> d; read y -> e; commit',
    },
    dying: ['A'],
    allowed: 'serializable',
  },
]

/**
 * Small programs against the kernel, each with what it may lead to. Written in JavaScript, since the
 * seeded faults are run against them by a script, too.
 */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
const anomalies = [
  {
    name: 'lost update',
    keys: { x: 0 },
    threads: {
      A: 'begin; read x -> a; write x a+1; commit',
      B: 'begin; read x -> b; write x b+10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'lost update under closed snapshots',
    keys: { x: 0 },
    threads: {
      A: 'begin repeatable-read closed; read x -> a; write x a+1; commit',
      B: 'begin repeatable-read closed; read x -> b; write x b+10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'dirty read',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; write x 5; commit',
      B: 'begin; write y 1; commit; Q.begin read-committed; read x -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'torn commit',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; write x 1; write y 1; commit',
      B: 'begin; read x -> a; read y -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'torn commit of blocks',
    keys: { x: '#1', y: 2 },
    threads: {
      A: 'begin; write x 3; write y #4; commit',
      B: 'begin; read x -> a; read y -> b; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'read skew',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; read x -> b; commit',
      B: 'begin; read x -> c; write x c+1; write y c+1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'read skew of what closed epochs hold',
    keys: { x: 0, y: 0 },
    before: 'horizon',
    threads: {
      A: 'begin; read y -> a; read x -> b; commit',
      B: 'begin; write x 1; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'read skew under a closed snapshot',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin closed; read x -> a; read y -> b; commit',
      B: 'begin; write x 1; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'write skew',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; read x -> b; write x a+1; commit',
      B: 'begin; read x -> c; read y -> d; write y c+1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'read-only anomaly',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read x -> a; write y 1; commit',
      B: 'begin; write x 1; commit; Q.begin closed; read y -> b; read x -> c; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a version that is replaced while it is accepted',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read x -> a; read y -> b; commit',
      B: 'begin; write x 1; commit; C.begin; write x 2; write y 2; commit; horizon',
    },
    allowed: 'serial',
  },
  {
    name: 'extending while epochs are closed',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin; read x -> a; read z -> b; read y -> c; commit',
      B: 'begin; write z 1; commit; C.begin; write x 1; write y 1; commit; horizon',
    },
    allowed: 'serial',
  },
  {
    name: 'an epoch that is closed while a snapshot is moved',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read x -> a; read y -> b; commit',
      B: 'begin; write x 1; write y 1; commit',
      C: 'horizon',
    },
    allowed: 'serial',
  },
  {
    name: 'an owner that goes on to its next commit',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin closed; read x -> a; read y -> b; commit',
      B: 'begin; write x 1; write y 1; commit; C.begin; write z 1; commit',
    },
    allowed: 'serial',
  },
]

/**
 * Two keys in bucket 0, which is linked from the start; one moves to another bucket when the index
 * grows. Two keys in bucket 2048, which has to be linked first.
 */
const [ZERO, ZERO_NEXT] = ['k5064', 'k2185']
const [FAR, FAR_NEXT] = ['k16011', 'k16702']

/** @type {Scenario[]} */
const keys = [
  {
    name: 'insert-if-absent twice',
    keys: { y: 0 },
    threads: {
      A: `begin; get ${ZERO} -> a; put ${ZERO} 1; commit`,
      B: `begin; get ${ZERO} -> b; put ${ZERO} 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'write skew over missing keys',
    keys: { y: 0 },
    threads: {
      A: `begin; get ${ZERO} -> a; put ${ZERO_NEXT} 1; commit`,
      B: `begin; get ${ZERO_NEXT} -> b; put ${ZERO} 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'inserts of two keys into a new bucket',
    keys: { y: 0 },
    threads: {
      A: `make ${FAR} -> a; begin; put ${FAR} 1; commit`,
      B: `make ${FAR_NEXT} -> b; begin; put ${FAR_NEXT} 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'delete against update',
    keys: { x: 1 },
    threads: {
      A: 'begin; read x -> a; write x a+1; commit',
      B: 'begin; delete x; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'delete and re-create against a ref',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin; read x -> a; read y -> b; commit; P.begin; write x #9; commit',
      B: 'begin; delete x; commit; Q.begin; put x #7; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a ref of another generation',
    keys: { x: 1 },
    threads: {
      A: 'begin; read old:x -> a; commit; P.begin; write old:x 5; commit',
      B: 'begin; read x -> b; write x b+1; commit',
    },
    allowed: ['A=aborted P=aborted a=none B=ok b=1 x=2'],
  },
  {
    name: 'index growth against insert',
    keys: { y: 0 },
    fullIndex: true,
    threads: {
      A: `begin; put ${ZERO_NEXT} 1; commit`,
      B: `begin; put ${ZERO} 2; commit; Q.begin; get ${ZERO_NEXT} -> a; get ${ZERO} -> b; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'look-up and death',
    keys: { y: 0 },
    threads: {
      A: `begin; put ${FAR} 1; commit`,
      B: `begin; put ${FAR_NEXT} 2; commit; recover A
          Q.begin; get ${FAR} -> a; put ${FAR} 3; commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
const reclamation = [
  {
    name: 'pruning against a walking reader',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin closed; read x -> a; read y -> b; commit',
      B: `begin; write x #2; commit; C.begin; write x #3; write y 1; commit
          horizon; D.begin; write x #4; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'sweeping against a walking reader',
    keys: { x: 1, y: 0 },
    before: 'O.begin closed; P.begin; write x 2; commit; O.commit',
    threads: {
      A: 'begin closed; read x -> a; read y -> b; commit',
      B: 'begin; write x 3; write y 1; commit; horizon; sweep',
    },
    allowed: 'serial',
  },
  {
    name: 'sweeping against writers',
    keys: { x: 1 },
    before: 'O.begin closed; P.begin; write x 2; commit; O.commit',
    threads: {
      A: `S.begin; S.read x -> a; T.begin; T.read x -> b; T.write x b+1; T.commit
          S.write x a+10; S.commit`,
      B: 'horizon; sweep',
    },
    allowed: 'serial',
  },
  {
    name: "begin against the reclaimer's bound",
    keys: { x: 1 },
    threads: {
      A: 'begin closed; read x -> a; commit',
      B: 'begin; write x 2; commit; horizon; C.begin; write x 3; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a retired block against its reader',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin; read y -> b; read x -> a; commit',
      B: 'begin; write x #2; commit; horizon; C.begin; write x #3; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'block read against its end',
    keys: { x: '#1' },
    threads: {
      A: 'begin; read x -> a; commit',
      B: `begin; write x #2; commit; horizon; C.begin; write x #3; commit
          D.begin; write x #4; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a walk that loses its right',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin closed; read y -> b; read x -> a; commit',
      B: 'begin; write x 2; write y 1; commit; revoke A; horizon; C.begin; write x 3; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a snapshot that loses its right',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin closed; read x -> a; write y 5; commit',
      B: 'begin; write x #2; commit; revoke A; horizon; C.begin; write x #3; commit',
    },
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
const recovery = [
  {
    name: 'death in a commit',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; write x 1; write y 1; commit',
      B: 'begin; read x -> a; read y -> b; commit; recover A; Q.begin; read y -> c; write y 2; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death in a commit of blocks',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; write x #1; write y #2; commit',
      B: 'begin; read x -> a; commit; recover A; Q.begin; read x -> b; write x 5; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death while blocks are retired',
    keys: { x: '#1', y: '#2' },
    threads: {
      A: 'begin; write x #3; write y #4; commit; horizon',
      B: `begin; read x -> a; read y -> b; commit; recover A
          Q.begin; write x #5; write y #6; commit; horizon`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death before validation',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; write x 1; commit',
      B: 'begin; read x -> b; write y 1; commit; recover A; Q.begin; read x -> c; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death in a commit beside a closed snapshot',
    keys: { x: '#1', y: 1 },
    threads: {
      A: 'begin; write x #2; write y 2; commit',
      B: 'begin closed; read x -> a; recover A; read y -> b; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death of who recovers a commit',
    keys: { x: '#1', y: 1 },
    threads: {
      A: 'begin; write x #2; write y 2; commit',
      B: 'recover A; begin; read x -> a; read y -> b; commit',
    },
    dying: ['A', 'B'],
    allowed: 'serial',
  },
  {
    name: 'death of who recovers a validation',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; write x 1; commit',
      B: 'recover A; begin; read x -> b; write y 1; commit',
    },
    dying: ['A', 'B'],
    allowed: 'serial',
  },
  {
    name: 'death of a closed snapshot',
    keys: { x: 0 },
    threads: {
      A: 'begin closed; read x -> a; write x 1; commit',
      B: 'recover A; horizon; begin; read x -> b; write x b+10; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death in a sweep',
    keys: { x: 1 },
    before: 'O.begin closed; P.begin; write x 2; commit; O.commit',
    threads: {
      A: 'horizon; sweep',
      B: 'begin; read x -> a; write x 3; commit; recover A; Q.begin; write x 4; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: "recovery against the owner's return",
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin closed; read x -> a; write y a+1; commit',
      B: 'revoke A; begin; write x 5; commit; recover A; Q.begin; read y -> b; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

/** @param {'fail' | 'ignore' | 'replace'} resolution */
function firstCommitter(resolution) {
  return {
    A: `begin repeatable-read closed ${resolution}; read g -> a; write x 1; write z 1; commit`,
    B: 'begin; write x 2; write g 1; commit',
  }
}

/** @type {Scenario[]} */
const conflicts = [
  {
    name: 'first committer wins, fail',
    keys: { g: 0, x: 0, z: 0 },
    threads: firstCommitter('fail'),
    allowed: [
      'A=ok B=ok a=1 g=1 x=1 z=1',
      'A=ok B=ok a=0 g=1 x=2 z=1',
      'A=aborted B=ok g=1 x=2 z=0',
      'A=ok B=aborted a=0 g=0 x=1 z=1',
    ],
  },
  {
    name: 'first committer wins, ignore',
    keys: { g: 0, x: 0, z: 0 },
    threads: firstCommitter('ignore'),
    allowed: [
      'A=ok B=ok a=1 g=1 x=1 z=1',
      'A=ok B=ok a=0 g=1 x=2 z=1',
      'A=aborted B=ok g=1 x=2 z=0',
      'A=ok B=aborted a=0 g=0 x=1 z=1',
    ],
  },
  {
    name: 'last committer wins, replace',
    keys: { g: 0, x: 0, z: 0 },
    threads: firstCommitter('replace'),
    allowed: [
      'A=ok B=ok a=0|1 g=1 x=1 z=1',
      'A=ok B=ok a=0 g=1 x=2 z=1',
      'A=aborted B=ok g=1 x=2 z=0',
      'A=ok B=aborted a=0 g=0 x=1 z=1',
    ],
  },
  {
    name: 'several open transactions in one thread',
    keys: { x: 0, y: 0 },
    threads: {
      A: `S.begin closed; S.read x -> s; T.begin; T.read x -> t; T.write y t+5; T.commit
          S.read y -> u; S.commit`,
      B: 'begin; read x -> b; write x b+1; write y 1; commit',
    },
    allowed: 'serial',
  },
]

/** Small programs: every schedule with at most three preemptions is run. */
export const scenarios = [...anomalies, ...keys, ...reclamation, ...recovery, ...conflicts]

/**
 * Larger programs, of which some schedules are run.
 * @type {Scenario[]}
 */
export const largeScenarios = [
  {
    name: 'three writers in a ring',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin; read x -> a; write y a+1; commit',
      B: 'begin; read y -> b; write z b+1; commit',
      C: 'begin; read z -> c; write x c+1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'two writers and a reader of a closed snapshot',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read x -> a; write y a+1; commit; P.begin; write x 5; commit',
      B: 'begin; read y -> b; write x b+1; write y 2; commit',
      C: 'begin closed; read y -> c; read x -> d; commit; horizon',
    },
    allowed: 'serial',
  },
  {
    name: 'readers, a writer that dies, and its recovery',
    keys: { x: '#1', y: 1, z: 0 },
    threads: {
      A: 'begin; read z -> a; write x #2; write y a+2; commit',
      B: 'begin closed; read x -> b; read y -> c; commit; recover A; P.begin; write z 1; commit',
      C: 'begin; read y -> d; write z d+1; commit; horizon; Q.begin; write x #5; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'inserts, a delete and readers of what is missing',
    keys: { x: 1 },
    threads: {
      A: 'begin; get k -> a; put m 1; commit',
      B: 'begin; get m -> b; put k 2; commit; P.begin; delete x; commit',
      C: 'begin; get k -> c; get m -> d; get x -> e; commit',
    },
    allowed: 'serial',
  },
]

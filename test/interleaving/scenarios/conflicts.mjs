/** What becomes of write-write conflicts, and transactions side by side in one thread. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @param {'fail' | 'ignore' | 'replace'} resolution */
function firstCommitter(resolution) {
  return {
    A: `begin repeatable-read closed ${resolution}; read g -> a; write x 1; write z 1; commit`,
    B: 'begin; write x 2; write g 1; commit',
  }
}

/** @type {Scenario[]} */
export const conflicts = [
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

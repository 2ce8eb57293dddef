/** Larger programs, of which some schedules are run. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
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
    name: 'three judgeable ones on three cells, one of which only reads',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read z -> b; write y a+1; commit',
      B: 'begin judgeable; read y -> c; write z c+1; commit; P.begin; read z -> d; write x 5; commit',
      C: 'begin judgeable; read z -> e; read y -> f; read x -> g; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a ring of judgeable ones beside two that only read',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; write y a+1; commit; R.begin closed; read x -> r; read z -> s; commit',
      B: 'begin judgeable; read y -> b; write z b+1; commit; S.begin; read y -> t; read x -> u; commit',
      C: 'begin judgeable; read z -> c; write x c+1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a judged one that dies, and those that it comes before',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read z -> b; write y a+1; commit',
      B: 'begin; read y -> c; write x 5; commit; recover A; P.begin judgeable; read y -> d; write z 3; commit',
      C: 'begin closed; read x -> e; read y -> f; commit; Q.begin judgeable; read z -> g; write y 7; commit',
    },
    dying: ['A'],
    allowed: 'serializable',
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

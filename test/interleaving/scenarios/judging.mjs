/** Transactions with stale reads, and who they are judged against (S-1 to S-7). */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
export const judging = [
  {
    name: 'a stale read is judged',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; write y a+1; commit',
      B: 'begin; read x -> b; write x b+1; commit',
    },
    allowed: ['A=ok B=ok'],
  },
  {
    name: 'write skew of judgeable ones',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+1; commit',
      B: 'begin judgeable; read x -> c; read y -> d; write y d+1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'write skew of a judgeable one',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+1; commit',
      B: 'begin; read x -> c; read y -> d; write y d+1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly, the reader announces',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+10; commit',
      B: 'begin; read y -> c; write y c+1; commit; Q.begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly, the reader reads what is current',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+10; commit',
      B: 'begin; read y -> c; write y c+1; commit; Q.begin; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly of three threads',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; write x 10; commit',
      B: 'begin; write y 1; commit',
      C: 'begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
]

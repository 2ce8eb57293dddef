/** Inserts, deletes, refs and the index. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/**
 * Two keys in bucket 0, which is linked from the start; one moves to another bucket when the index
 * grows. Two keys in bucket 2048, which has to be linked first.
 */
const [ZERO, ZERO_NEXT] = ['k5064', 'k2185']
const [FAR, FAR_NEXT] = ['k16011', 'k16702']

/** @type {Scenario[]} */
export const keys = [
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
    name: 'inserts into a new bucket and before it',
    keys: { y: 0 },
    threads: {
      A: `make ${FAR} -> a`,
      B: `make ${ZERO} -> b; begin; put ${FAR_NEXT} 2; commit`,
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

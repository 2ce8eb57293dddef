/** Cells of deleted keys that are taken from them, against whoever knows them. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** Two keys in bucket 0, one behind the other in the list. */
const [ZERO, ZERO_NEXT] = ['k5064', 'k2185']

/** A key far from both. */
const FAR = 'k16011'

const DELETED_X = 'P.begin; delete x; commit; horizon'

/**
 * One key is deleted, and its cell used for a key far from it, while the other is looked up.
 * @param {string} name
 * @param {string} deleted
 * @param {string} kept
 * @returns {Scenario}
 */
const lookUpBeside = (name, deleted, kept) => ({
  name,
  keys: { y: 0, [ZERO]: 1, [ZERO_NEXT]: 2 },
  before: `P.begin; delete ${deleted}; commit; horizon`,
  threads: {
    A: `find ${kept} -> a`,
    B: `horizon; sweep ${deleted}; begin; put ${FAR} 5; commit`,
  },
  allowed: ['a=1'],
})

/** @type {Scenario[]} */
export const recycling = [
  {
    name: 'recycling against a ref',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; read x -> a; read y -> b; write y 1; commit',
      // The cell is another key's when the key comes back in a new one.
      B: `horizon; sweep x; make ${ZERO} -> c; begin; put x 2; write y 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'recycling against a look-up',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; get x -> a; read y -> b; write y 1; commit',
      // The cell is another key's when the key comes back in a new one.
      B: `horizon; sweep x; make ${ZERO} -> c; begin; put x 2; write y 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'recycling of a cell that stays free, against a look-up',
    keys: { x: 1, y: 0, [ZERO]: 1 },
    before: `P.begin; delete x; delete ${ZERO}; commit; horizon`,
    threads: {
      A: 'begin; get x -> a; read y -> b; commit',
      // The key comes back in the cell that became free last.
      B: `horizon; sweep x; sweep ${ZERO}; begin; put x 2; write y 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'recycling against who writes the key again',
    keys: { x: 1 },
    before: DELETED_X,
    threads: {
      A: 'begin; put x 5; read x -> a; commit; Q.begin; get x -> b; put x b+1; commit',
      B: 'horizon; sweep x; begin; get x -> c; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'recycling against who writes the key again and looks it up',
    keys: { x: 1 },
    before: DELETED_X,
    threads: {
      A: 'begin; write x 5; get x -> a; commit',
      B: 'horizon; sweep x; begin read-committed; put x 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a key that is deleted and made again, against who only reads',
    keys: { x: 1, z: 1, y: 0 },
    before: 'P.begin; delete x; commit; horizon; horizon',
    threads: {
      A: 'begin; read y -> a; get z -> b; commit',
      B: 'begin; delete z; write y 1; commit; horizon; horizon; sweep z; sweep x; make z -> m',
    },
    allowed: 'serial',
  },
  {
    name: 'a key that is deleted and made again, against who writes it again',
    keys: { x: 1, z: 1, y: 0 },
    before: 'P.begin; delete x; commit; horizon; horizon',
    threads: {
      A: 'begin repeatable-read; read z -> a; put z a+1; commit',
      B: 'begin; delete z; write y 1; commit; horizon; horizon; sweep z; sweep x; make z -> m',
    },
    allowed: ['A=aborted', 'B=aborted', 'A=ok B=ok a=1 z=absent', 'A=ok B=ok a=absent'],
  },
  {
    name: 'two keys of one gap, one of which is deleted',
    // They share a gap; the second one never existed.
    keys: { g4399: 1, y: 0 },
    threads: {
      A: 'begin; read y -> a; get g6529 -> c; get g4399 -> b; commit',
      B: 'begin; delete g4399; write y 1; commit; horizon; horizon; sweep g4399',
    },
    allowed: 'serial',
  },
  {
    name: 'a snapshot that lost its right, and a key that was recycled',
    keys: { z: 1, y: 0 },
    threads: {
      A: 'begin closed; read y -> a; get z -> b; commit',
      B: 'begin; delete z; write y 1; commit; revoke A; horizon; horizon; sweep z',
    },
    allowed: 'serial',
  },
  {
    name: 'lost update of a recycled key, read committed',
    keys: { x: 1, z: 1, y: 0 },
    before: 'P.begin; delete x; commit; horizon; horizon',
    threads: {
      A: 'begin read-committed; get z -> a; put z a+1; commit',
      B: 'begin; delete z; commit; horizon; horizon; sweep z; C.begin; put z 10; commit',
    },
    allowed: ['A=aborted', 'a=absent', 'a=10', 'A=ok z=10|absent', 'C=aborted'],
  },
  {
    name: 'a cell that is given to another key, against a ref',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; read x -> a; write y 5; commit',
      B: `horizon; sweep x; begin; put ${ZERO} 7; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a cell that is given to another key, against who writes over everything',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin replace; write x 5; commit',
      B: `horizon; sweep x; begin; put ${ZERO} 7; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a cell that is given to another key, beside a closed snapshot',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin closed; read x -> a; read y -> b; read x -> c; commit',
      B: `horizon; sweep x; begin; put x 3; write y 1; commit; C.begin; put ${ZERO} 7; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'delete and recycle against a closed snapshot',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin closed; read y -> b; read x -> a; commit',
      B: 'begin; delete x; write y 1; commit; horizon; horizon; sweep x; C.begin; put x 3; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a key that comes and goes, against who only reads',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; read y -> b; get x -> a; commit',
      B: `begin; put x 2; write y 1; commit; C.begin; delete x; write y 2; commit
          horizon; horizon; sweep x`,
    },
    allowed: 'serial',
  },
  {
    name: 'recycling against insert beside it',
    keys: { y: 0, [ZERO]: 1 },
    before: `P.begin; delete ${ZERO}; commit; horizon`,
    threads: {
      A: `begin; put ${ZERO_NEXT} 1; commit; C.begin; get ${ZERO_NEXT} -> a; commit`,
      B: `horizon; sweep ${ZERO}; begin; put ${ZERO} 2; commit; D.begin; get ${ZERO_NEXT} -> b; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'recycling of neighbours',
    keys: { y: 0, [ZERO]: 1, [ZERO_NEXT]: 2 },
    before: `P.begin; delete ${ZERO}; delete ${ZERO_NEXT}; commit; horizon`,
    threads: {
      A: `horizon; sweep ${ZERO}; begin; get ${ZERO} -> a; put ${ZERO_NEXT} 3; commit`,
      B: `horizon; sweep ${ZERO_NEXT}`,
    },
    allowed: 'serial',
  },
  lookUpBeside('a cell that goes to another place in the list, against a look-up', ZERO, ZERO_NEXT),
  lookUpBeside(
    'a cell that goes to another place in the list, against a look-up before it',
    ZERO_NEXT,
    ZERO,
  ),
  {
    name: 'read skew around a recycler',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; get x -> a; read y -> b; commit',
      B: 'horizon; sweep x',
      C: 'begin; put x 2; write y 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'write skew around a recycler',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'begin; get x -> a; write y 1; commit',
      B: 'horizon; sweep x',
      C: 'begin; read y -> c; put x 2; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a write to a cell that is recycled',
    keys: { x: 1 },
    before: DELETED_X,
    threads: {
      A: 'begin; write x 5; commit; Q.begin; get x -> a; commit',
      B: 'horizon; sweep x',
    },
    allowed: 'serial',
  },
  {
    name: 'a cell that goes to another place in the list, against an insert',
    keys: { y: 0, [ZERO]: 1 },
    before: `P.begin; delete ${ZERO}; commit; horizon`,
    threads: {
      A: `begin; put ${ZERO_NEXT} 2; commit`,
      B: `horizon; sweep ${ZERO}; begin; put ${FAR} 5; commit; C.begin; get ${ZERO_NEXT} -> a; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a key that comes back beside a snapshot that begins',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'horizon; sweep x',
      B: 'begin; put x 3; commit; C.begin closed; C.read x -> a; C.commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a cell that was written to and is given to another key',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: `begin; put x 5; get ${ZERO} -> a; put ${ZERO} a+1; commit`,
      B: `horizon; sweep x; begin; put ${ZERO} 7; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a cell that is too new for a snapshot to be given to one of its keys',
    keys: { x: null, y: 0 },
    threads: {
      A: `S.begin closed; S.read y -> a; T.begin; T.put x 1; T.delete x; T.commit; horizon; horizon; sweep x
          S.put ${ZERO} 5; S.commit`,
    },
    allowed: [`S=ok T=ok a=0 x=absent y=0 ${ZERO}=5`],
  },
  {
    name: 'death of who comes too late to recycle a cell',
    keys: { x: 1, y: 0 },
    before: 'D.begin; delete x; commit; horizon',
    threads: {
      A: 'horizon; horizon; sweep x',
      B: 'horizon; horizon; sweep x; horizon; recover A; horizon; begin; put x 5; commit',
    },
    dying: ['A'],
    allowed: ['B=ok x=5 y=0'],
  },
  {
    name: 'recycling of a cell that is being inserted',
    keys: { y: 0 },
    threads: {
      A: `begin; put ${ZERO} 1; commit; C.begin; get ${ZERO} -> a; put ${ZERO} a+1; commit`,
      B: 'horizon; sweep unborn; horizon; sweep unborn',
    },
    allowed: 'serial',
  },
  {
    name: 'death while a cell is recycled',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'horizon; sweep x',
      B: 'begin; get x -> a; commit; recover A; horizon; sweep x; Q.begin; put x 2; write y 1; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death while a cell is recycled that nobody asks for',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'horizon; sweep x',
      B: 'recover A; begin; write y 1; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death of who recovers a cell that is recycled',
    keys: { x: 1, y: 0 },
    before: DELETED_X,
    threads: {
      A: 'horizon; sweep x',
      B: 'recover A; begin; get x -> a; put x 2; commit',
    },
    dying: ['A', 'B'],
    allowed: 'serial',
  },
  {
    name: 'death in an insert, against recycling',
    keys: { y: 0, [ZERO]: 1 },
    before: `P.begin; delete ${ZERO}; commit; horizon`,
    threads: {
      A: `begin; put ${ZERO_NEXT} 1; commit`,
      B: `horizon; sweep ${ZERO}; recover A; begin; put ${ZERO} 2; get ${ZERO_NEXT} -> a; commit`,
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

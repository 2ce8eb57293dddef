/**
 * Writes that are merged: each adds to its base, and is merged by adding to what is there then. Any may be
 * aborted: a lock that is looked at for what is committed may be held for longer than it is looked at.
 */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** A key far from the others in the list of all cells. */
const FAR = 'k16011'

/** @type {Scenario[]} */
export const merges = [
  {
    name: 'two who merge',
    keys: { x: 1 },
    threads: {
      A: 'begin; sum x 2; commit',
      B: 'begin; sum x 10; commit; S.begin; sum x 100; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'two who merge, at other levels, with snapshots',
    keys: { x: 1 },
    threads: {
      A: 'begin repeatable-read closed ignore; sum x 2; sum x 1; commit',
      B: 'begin read-committed; sum x 10; commit; S.begin closed replace; sum x 100; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge with a snapshot against three commits',
    keys: { x: 0 },
    threads: {
      A: 'begin closed; sum x 1; commit',
      B: 'begin; add x 10; commit; S.begin; add x 100; commit; T.begin; add x 1000; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of what was written before, with a snapshot',
    keys: { x: 0 },
    threads: {
      A: 'begin closed; write x 7; sum x 1; commit',
      B: 'begin; add x 10; commit; S.begin; add x 100; commit',
    },
    allowed: ['A=ok B=ok S=ok x=111', 'A=aborted B=ok S=ok x=110'],
  },
  {
    name: 'a merge of what was to be added',
    keys: { x: 0 },
    threads: {
      A: 'begin; add x 7; sum x 1; commit',
      B: 'begin; add x 10; commit',
    },
    allowed: ['A=ok B=ok x=11', 'A=aborted B=ok x=10'],
  },
  {
    name: 'two who merge a missing key',
    keys: {},
    threads: {
      A: 'begin; sum key:k 2; commit',
      B: 'begin closed; sum key:k 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of a missing key against who misses it',
    keys: { y: 0 },
    threads: {
      A: 'begin; read y -> a; sum key:k 2; commit',
      B: 'begin; get k -> b; write y 1; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of what was found missing',
    keys: {},
    threads: {
      A: 'begin; get k -> a; sum key:k 2; commit',
      B: 'begin; add key:k 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of what was found missing, read-committed',
    keys: {},
    threads: {
      A: 'begin read-committed; get k -> a; sum key:k 2; commit',
      B: 'begin; add key:k 10; commit',
    },
    allowed: ['A=ok B=ok a=10|absent k=12', 'A=aborted B=ok k=10', 'A=ok B=aborted k=2'],
  },
  {
    name: 'a merge of what was read, read-committed',
    keys: { x: 0 },
    threads: {
      A: 'begin read-committed; read x -> a; sum x 1; commit',
      B: 'begin; add x 10; commit',
    },
    allowed: ['A=ok B=ok a=0|10 x=11', 'A=aborted B=ok a=0 x=10'],
  },
  {
    name: 'a merge of what was read',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read x -> a; sum x 1; write y a+5; commit',
      B: 'begin; read y -> b; add x 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of what was read, repeatable-read',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin repeatable-read closed; read x -> a; sum x 1; write y a; commit',
      B: 'begin; add x 10; commit',
    },
    allowed: ['A=ok B=ok a=0 x=11 y=0', 'A=ok B=ok a=10 x=11 y=10'],
  },
  {
    name: 'a merge beside a read',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; read y -> a; sum x 5; commit',
      B: 'begin; read x -> b; sum y 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge of what a scan has missed',
    keys: { x: 0 },
    threads: {
      A: 'begin; scan x..z -> a; sum key:z 2; commit',
      B: 'begin; put z 7; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge against a deletion and a new value',
    keys: { x: 1, y: 0 },
    threads: {
      A: 'begin; read y -> a; sum x 2; commit',
      B: `begin; delete x; commit; horizon; horizon; sweep x; make ${FAR} -> f
          Q.begin; put x 10; commit`,
    },
    allowed: [
      'A=ok B=ok Q=ok x=12',
      'A=ok B=ok Q=ok x=10',
      'A=ok B=aborted',
      'A=ok B=ok Q=aborted',
      'A=aborted',
    ],
  },
  {
    name: 'two merges in one transaction',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; sum x 1; sum y 1; commit',
      B: 'begin; sum y 10; sum x 10; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a merge beside a read of what is newer',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin repeatable-read; sum x 1; read y -> a; commit',
      B: 'begin; add x 10; write y 1; commit',
    },
    allowed: ['A=ok B=ok a=0|1 x=11 y=1', 'A=aborted B=ok a=0|1 x=10 y=1'],
  },
  {
    name: 'a merge of what was read, then a read of what is newer',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin repeatable-read; read x -> a; sum x 1; read y -> b; commit',
      B: 'begin; add x 10; write y 1; commit',
    },
    allowed: [
      'A=ok B=ok a=0 b=0 x=11 y=1',
      'A=ok B=ok a=10 b=1 x=11 y=1',
      'A=aborted B=ok x=10 y=1',
    ],
  },
  {
    name: 'death in a merge',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; sum x 1; sum y 1; commit',
      B: 'begin; add x 10; commit; recover A; Q.begin; sum y 10; read x -> c; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
]

/** @type {Scenario[]} */
export const judgedMerges = [
  {
    name: 'a merge is judged by what it really replaces',
    keys: { y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; sum y 5; commit',
      B: 'begin; write z 1; commit; F.begin; read z -> b; write y b+10; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'judged merges beside a reader',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; sum x 10; commit',
      B: 'begin; sum y 1; commit; Q.begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
]

/**
 * Transactions with stale reads, and who they are judged against. In each of the larger ones a cycle
 * of dependencies would come out if one rule of the judge were missing.
 */

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
    name: 'two that are judged at once',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; write x 1; read y -> b; commit',
      B: `J.begin judgeable; J.read z -> c; J.write y 1; J.read x -> d
          F.begin; F.write z 1; F.commit; J.commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'write skew of blocks',
    keys: { x: '#1', y: '#2' },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x #5; commit',
      B: 'begin; read x -> c; read y -> d; write y #6; commit; horizon',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly of a judged one',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; write x 10; commit',
      B: 'begin; write y 1; commit',
      C: 'begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly after the writer',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+10; commit',
      B: 'begin; read y -> c; write y c+1; commit; Q.begin closed; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly of who reads what is current',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+10; commit',
      B: 'begin; read y -> c; write y c+1; commit; Q.begin; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'read-only anomaly of a judgeable reader',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read y -> b; write x 10; commit',
      B: 'begin; write y 1; commit; Q.begin judgeable; read x -> d; read y -> e; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'judged after the first of two that replaced its read',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; write y 1; commit',
      B: `begin; write x 1; commit; R.begin closed; read x -> r; read y -> q; commit
          S.begin; write x 2; commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'judged by the place of another judged one',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'W.begin judgeable; read z -> w; write y 7; commit',
      B: 'begin; write z 1; commit; J.begin judgeable; read y -> j; read z -> i; write x 9; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'judged by the place of who inserted a key',
    keys: { x: 0, z: 0 },
    threads: {
      A: 'W.begin judgeable; read z -> w; put k 1; commit',
      B: 'begin; write z 1; commit; J.begin judgeable; get k -> j; read z -> i; write x 9; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a reader beside two judged ones',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: `J.begin judgeable; J.read y -> j; W.begin judgeable; W.read z -> w; W.write y 7; W.commit
          J.write x 5; J.commit`,
      B: 'begin; write z 1; commit; R.begin closed; read z -> r; read x -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'the largest stamp of two readers',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; write x 5; commit',
      B: `R.begin closed; R.read x -> r; W.begin; W.write z 1; W.commit
          F.begin; F.read z -> f; F.read x -> g; F.write y 1; F.commit; R.commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'judged by what it really replaces',
    keys: { y: 0, z: 0 },
    threads: {
      A: 'begin judgeable replace; read z -> a; write y 5; commit',
      B: 'begin; write z 1; commit; F.begin; read z -> b; write y b+10; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a missing key and who inserts it',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: 'begin; write z 1; commit; R.begin closed; get k -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a deleted key whose cell is taken, and who inserts it',
    keys: { k: 1, z: 0 },
    before: 'D.begin; delete k; commit; horizon',
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: `begin; write z 1; commit; R.begin closed; read k -> r; read z -> q; commit
          horizon; horizon; sweep k`,
    },
    allowed: 'serializable',
  },
  {
    name: 'a deleted key whose cell is taken from under who is judged',
    keys: { k: 1, y: 0, z: 0 },
    before: 'D.begin; delete k; commit; horizon',
    threads: {
      A: 'begin judgeable; read k -> a; read z -> b; write y 1; commit',
      B: `F.begin; write z 1; commit; horizon; horizon; sweep k
          J.begin judgeable; read y -> c; put k 1; commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'a deleted key whose cell is taken from under who only reads',
    keys: { k: 1, z: 0 },
    before: 'D.begin; delete k; commit; horizon',
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: `F.begin; write z 1; commit; R.begin closed; read k -> r
          horizon; horizon; sweep k; R.read z -> q; R.commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'phantom keys of judgeable ones',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; get k -> a; put m 1; commit',
      B: 'begin judgeable; get m -> b; put k 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'phantoms of judgeable ones',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; scan k..l -> a; put m 1; commit',
      B: 'begin judgeable; scan m..n -> b; put k 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a scan and who inserts a key in its range',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: 'begin; write z 1; commit; R.begin closed; view k..l -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a scan of what is current and who inserts a key in its range',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: 'begin; write z 1; commit; R.begin; scan k..l -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a scan and who changes a key in its range',
    keys: { k: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; write k 1; commit',
      B: 'begin; write z 1; commit; R.begin closed; view k..l -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a scan, a deleted key whose cell is taken, and who inserts it',
    keys: { k: 1, z: 0 },
    before: 'D.begin; delete k; commit; horizon',
    threads: {
      A: 'begin judgeable; read z -> a; put k 1; commit',
      B: `begin; write z 1; commit; R.begin closed; view k..l -> r; read z -> q; commit
          horizon; horizon; sweep k`,
    },
    allowed: 'serializable',
  },
  {
    name: 'a scan past a deleted key that has left its leaf',
    keys: { y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read y -> a; write z 2; commit; horizon; sweep y',
      B: 'begin; delete y; commit; horizon; R.begin closed; scan y..z -> r; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a judged one that scans past a deleted key that has left its leaf',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read y -> a; write z 2; commit; horizon; sweep y',
      B: 'begin; delete y; commit; horizon; J.begin judgeable; scan y..z -> j; write x 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a deleted key that has lost its cell, and has another one without a value',
    keys: { y: 0, z: 0 },
    threads: {
      A: `begin judgeable; read y -> a; write z 2; commit; horizon; sweep y
          C.begin; put k 1; put y 5; rollback`,
      B: 'begin; delete y; commit; horizon; R.begin closed; get y -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'a judged one that finds a deleted key in another cell without a value',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: `begin judgeable; read y -> a; write z 2; commit; horizon; sweep y
          make k -> n; make y -> m`,
      B: `begin; delete y; commit; horizon
          J.begin judgeable; get y -> j; read z -> q; write x 1; commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'a deleted key that has lost its cell, and has a value in another one',
    keys: { y: 0, z: 0 },
    threads: {
      A: `begin judgeable; read y -> a; write z 2; commit; horizon; sweep y
          make k -> n; C.begin; put y 5; commit`,
      B: 'begin; delete y; commit; horizon; R.begin closed; get y -> r; read z -> q; commit',
    },
    allowed: 'serializable',
  },
  {
    // y and kv share a gap.
    name: 'a gap that changes between two keys that are found missing',
    keys: { y: 0, z: 0 },
    threads: {
      A: 'begin judgeable; read y -> a; write z 2; commit; horizon; sweep y',
      B: `begin; delete y; commit; horizon
          R.begin closed; get kv -> n; get y -> r; read z -> q; commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'a gap that another key has come into before the missing one comes',
    keys: { z: 0, w: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put y 1; commit',
      B: `begin; write z 1; commit; J.begin judgeable; read z -> j; get y -> m
          X.begin; put kv 1; X.commit; J.write w 5; J.commit`,
    },
    allowed: 'serializable',
  },
  {
    name: 'who finds a key missing and inserts another one into its gap',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put y 1; commit',
      B: 'begin; write z 1; commit; T.begin; read z -> t; get y -> m; put kv 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'who finds a key missing, inserts another one into its gap, and reads nothing else',
    keys: { z: 0 },
    threads: {
      A: 'begin judgeable; read z -> a; put y 1; commit',
      B: 'begin; write z 1; commit; T.begin; write z 2; get y -> m; put kv 1; commit',
    },
    allowed: 'serializable',
  },
  {
    name: 'death of who finds a key missing and inserts another one into its gap',
    keys: { z: 0 },
    threads: {
      A: 'begin; write z 2; get y -> m; put kv 1; commit',
      B: `begin judgeable; read z -> a; recover A
          put y 1; commit`,
    },
    dying: ['A'],
    allowed: 'serializable',
  },
  {
    name: 'death of who is judged',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin judgeable; read x -> a; read y -> b; write x a+1; commit',
      B: `begin; read x -> c; read y -> d; write y d+1; commit; recover A
          Q.begin judgeable; read x -> e; write x e+10; commit`,
    },
    dying: ['A'],
    allowed: 'serializable',
  },
  {
    name: 'death of a judged one that another is judged by',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'W.begin judgeable; read z -> w; write y 7; commit',
      B: `begin; write z 1; commit; J.begin judgeable; read y -> j; read z -> i; recover A
          J.write x 9; J.commit`,
    },
    dying: ['A'],
    allowed: 'serializable',
  },
  {
    name: 'death of a judged one that inserts',
    keys: { x: 0, z: 0 },
    threads: {
      A: 'W.begin judgeable; read z -> w; put k 1; commit',
      B: `begin; write z 1; commit; J.begin judgeable; get k -> j; read z -> i; recover A
          J.write x 9; J.commit`,
    },
    dying: ['A'],
    allowed: 'serializable',
  },
]

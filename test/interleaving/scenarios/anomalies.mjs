/** What must not happen between transactions that only read and write. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
export const anomalies = [
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
    name: 'an epoch that is closed while a snapshot is moved, and an owner that goes on',
    keys: { x: 0, y: 0, z: 0 },
    threads: {
      A: 'begin; read y -> a; read x -> b; commit',
      B: 'begin; write x 1; write y 1; commit; D.begin; write z 1; commit',
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
  {
    name: 'an owner that goes on to its next commit but one',
    keys: { x: 0, y: null, z: 0 },
    threads: {
      A: 'begin closed; read y -> a; read x -> b; commit',
      B: `begin; write x 1; write y 1; commit; C.begin; write z 1; commit
          D.begin; write z 2; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a block that becomes a number and a block again',
    keys: { x: '#1' },
    threads: {
      A: 'begin; read x -> a; commit',
      B: 'begin; write x 2; commit; C.begin; write x #3; commit',
    },
    allowed: 'serial',
  },
]

/** Versions and blocks that are given back, against whoever may still read them. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
export const reclamation = [
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
    name: 'pruning between two snapshots',
    keys: { x: 1, y: 0 },
    before: 'horizon',
    threads: {
      A: `S.begin closed; S.read y -> a; T.begin closed; T.read x -> b; T.read y -> c; commit
          S.read x -> d; S.commit`,
      B: `begin; write x 2; write y 1; commit; C.begin; write x 3; commit; horizon
          D.begin; write x 4; commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'sweeping against a walking reader',
    keys: { x: 1, y: 0 },
    before: 'O.begin closed; P.begin; write x 2; commit; O.commit',
    threads: {
      A: 'begin closed; read x -> a; read y -> b; commit',
      B: 'begin; write x 3; write y 1; commit; horizon; sweep x',
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
      B: 'horizon; sweep x',
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
    name: 'begin against the bound, beside another snapshot',
    keys: { x: 1 },
    threads: {
      A: 'begin closed; read x -> a; commit',
      B: `begin; write x 2; commit; S.begin closed; horizon; C.begin; write x 3; commit
          S.commit`,
    },
    allowed: 'serial',
  },
  {
    name: 'a version of the epoch that a snapshot closes',
    keys: { x: 1 },
    threads: {
      A: 'begin closed; read x -> a; commit',
      B: 'begin; write x 2; commit; C.begin; write x 3; commit',
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
    name: 'records changed in place',
    keys: { x: '#1', y: '#1' },
    threads: {
      A: 'begin; change x 1 -> a; change y 1 -> b; commit',
      B: 'begin; change x 10 -> c; commit; horizon; D.begin; change y 10 -> d; commit',
    },
    allowed: 'serial',
  },
  {
    name: 'a record that is written over after it was changed',
    keys: { x: '#1', y: 0 },
    threads: {
      A: 'begin; read y -> e; change x 1 -> a; write x #7; change x 1 -> b; commit',
      B: 'begin closed; read x -> c; write y 1; commit; D.begin; change x 10 -> d; commit',
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
      B: `begin; write x 2; write y 1; commit; S.begin closed; revoke A; horizon
          C.begin; write x 3; commit; S.commit`,
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

/** Threads that end in the middle of something, and what is done for them. */

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
export const recovery = [
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
    name: 'death of an owner that goes on to its next commit',
    keys: { x: 0, y: 0 },
    threads: {
      A: 'begin; write x 1; commit; C.begin; write y 1; commit',
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
    name: 'death while records are changed',
    keys: { x: '#1', y: '#1' },
    threads: {
      A: 'begin; change x 1 -> a; write x #5; change y 1 -> b; commit',
      B: 'recover A; begin; change x 10 -> c; change y 10 -> d; commit; horizon',
    },
    dying: ['A', 'B'],
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
      A: 'horizon; sweep x',
      B: 'begin; read x -> a; write x 3; commit; recover A; Q.begin; write x 4; commit',
    },
    dying: ['A'],
    allowed: 'serial',
  },
  {
    name: 'death after a sweep',
    keys: { x: 1, y: 0 },
    before:
      'S.begin closed; S.read y -> s; P.begin; P.write x 2; P.commit; S.commit; horizon; horizon',
    threads: {
      A: 'horizon; sweep x; begin; read x -> a; write x a+10; write y 5; commit',
      B: 'begin; write x 3; commit',
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

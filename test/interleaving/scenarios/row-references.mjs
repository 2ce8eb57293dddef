/** Batches: pins, handles and schemas. */
import { REUSE } from './row-merges.mjs'

/** @typedef {import('khonsu/testing').Scenario} Scenario */

/** @type {Scenario[]} */
export const rowReferences = [
  {
    name: 'a pin against the end of its key',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p; look p -> b',
      B: `begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['A=ok B=ok U=ok a=1 b=absent', 'A=ok B=ok U=ok a=none b=none'],
  },
  {
    name: 'a pin that is taken away',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p; S.begin; keep x q; commit; release p',
      B: `unpin; begin; write x 0; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['A=ok B=ok S=ok U=ok a=1|absent|none x=0'],
  },
  {
    name: 'a pin that is used again while it is taken away',
    keys: { x: '[1]', y: '[2]' },
    threads: {
      A: 'begin; keep x p; commit; release p; S.begin; keep y q; commit; release q',
      B: 'unpin; begin; keep x r; commit; look r -> b; release r',
    },
    allowed: ['A=ok S=ok B=ok b=1'],
  },
  {
    name: 'a pin that is released after it was taken away',
    keys: { x: '[1]' },
    threads: {
      A: 'begin; keep x p; commit; unpin; S.begin; keep x q; commit; release p; look q -> a; release q',
      B: 'begin; append x [2]; commit; horizon; horizon; sweep x',
    },
    allowed: ['A=ok S=ok B=ok a=1|12 x=12'],
  },
  {
    name: 'death of who pins',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; release p',
      B: `unpin; recover A; begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    dying: ['A'],
    allowed: ['B=ok U=ok x=absent z=789'],
  },
  {
    name: 'a handle against the end of its batch',
    keys: { x: '[1]', z: 0 },
    before: 'P.begin; read x -> p; commit',
    threads: {
      A: `begin; handle x h; commit; S.begin; delete x; commit; horizon; horizon; sweep x; ${REUSE}`,
      B: 'open h p; look p -> b; release p; open h q; look q -> c; release q',
    },
    allowed: ['A=ok S=ok U=ok b=1|none c=1|none'],
  },
  {
    name: 'a pin and a handle of what is not committed',
    keys: { x: '[1]', y: '[1]', z: 0 },
    threads: {
      A: 'begin; append x [2]; keep x p; commit; look p -> a; release p',
      B: 'begin; write y [3]; handle y h; commit; S.begin; append x [4]; commit',
      C: 'open h q; look q -> c; release q',
    },
    allowed: ['A=aborted B=aborted S=ok a=none c=none x=14 y=1'],
  },
  {
    name: 'a pin of a snapshot that is gone',
    keys: { x: '[1]', z: 0 },
    threads: {
      A: 'begin; keep x p; commit; look p -> a; release p',
      B: `revoke A; begin; write x 0; commit; horizon; horizon; sweep x; ${REUSE}`,
    },
    allowed: ['B=ok U=ok a=1|absent|none x=0 z=789'],
  },
  {
    name: 'two who register a schema that goes',
    keys: { x: '[1]s', y: 0, z: 0 },
    before: 'P.begin; delete x; commit',
    threads: {
      A: 'begin; write y [2]s; commit',
      B: 'horizon; horizon; sweep x; begin; write z [3]s; commit',
    },
    allowed: ['A=ok B=ok y=2 z=3'],
  },
  {
    name: 'a schema that comes to lie where another one was',
    keys: { x: '[1]s', y: 0, z: 0 },
    before: 'P.begin; delete x; commit',
    threads: {
      A: 'horizon; horizon; sweep x; begin; write y [2]t; commit',
      B: 'begin; write z [3]s; commit; S.begin; append z [4]s; commit',
    },
    allowed: ['A=ok B=ok S=ok y=2 z=34'],
  },
  {
    name: 'rows of another schema',
    keys: { x: '[1]s' },
    threads: {
      A: 'begin; append x [2]t; commit',
      B: 'begin; write x [3]t; commit; S.begin; append x [4]s; commit',
    },
    allowed: [
      'A=aborted B=ok S=aborted x=3',
      'A=ok B=ok S=aborted x=32',
      'A=aborted B=aborted S=ok x=14',
    ],
  },
  {
    name: 'rows of another schema, read before the commit',
    keys: { x: '[1]s' },
    threads: {
      A: 'begin read-committed; append x [2]t; read x -> a; commit',
      B: 'begin; write x [3]t; commit; S.begin; read x -> s; append x [4]s; commit',
    },
    allowed: ['B=ok S=aborted', 'B=aborted S=ok'],
  },
  {
    name: 'rows of another schema than those that the transaction has written',
    keys: { x: '[1]s', y: '[1]s' },
    threads: {
      A: 'begin replace; write x [2]t; append x [3]s; commit',
      B: 'begin; append y [4]s; append y [5]t; commit; S.begin; write x [6]t; commit',
    },
    allowed: ['A=refused B=refused S=ok x=6 y=1'],
  },
]

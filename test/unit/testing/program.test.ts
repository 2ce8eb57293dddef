import { describe, expect, it } from 'vitest'
import { type Names, parseProgram } from '#dist/src/testing/program.js'
import {
  MODE_CLOSED,
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_IGNORE,
  MODE_REPEATABLE_READ,
  MODE_SERIALIZABLE,
} from '../../../native-layout/slot-descriptor.ts'

function namesOf(...keys: string[]): Names {
  return { keys, transactions: [], variables: [], pins: [], threads: ['A', 'B'] }
}

describe('parseProgram', () => {
  it('reads a transaction that has the name of its thread', () => {
    const names = namesOf('x')
    expect(parseProgram('begin; read x -> a; write x a+1; commit', 'A', names)).toEqual([
      { kind: 'begin', transaction: 0, mode: MODE_SERIALIZABLE },
      { kind: 'read', transaction: 0, place: { key: 0, by: 'handle' }, variable: 0 },
      {
        kind: 'write',
        transaction: 0,
        place: { key: 0, by: 'handle' },
        operand: { variable: 0, number: 1, isBlock: false },
      },
      { kind: 'commit', transaction: 0 },
    ])
    expect(names).toEqual({
      keys: ['x'],
      transactions: ['A'],
      variables: ['a'],
      pins: [],
      threads: ['A', 'B'],
    })
  })

  it('reads several open transactions, by name and then without', () => {
    const text = `S.begin closed; T.begin repeatable-read ignore
                  S.put k #5; commit; T.rollback`
    const names = namesOf()
    const mode = MODE_REPEATABLE_READ | MODE_CONFLICT_IGNORE
    expect(parseProgram(text, 'A', names)).toMatchObject([
      { kind: 'begin', transaction: 0, mode: MODE_SERIALIZABLE | MODE_CLOSED },
      { kind: 'begin', transaction: 1, mode },
      { kind: 'write', transaction: 0, place: { key: 0, by: 'key' }, operand: { isBlock: true } },
      { kind: 'commit', transaction: 0 },
      { kind: 'rollback', transaction: 1 },
    ])
    expect(names.transactions).toEqual(['S', 'T'])
  })

  it('reads updates, by handle and by key', () => {
    expect(parseProgram('begin; add x 5; max key:k -1; try', 'A', namesOf('x'))).toMatchObject([
      { kind: 'begin' },
      { kind: 'update', call: 'add', place: { key: 0, by: 'handle' }, number: 5 },
      { kind: 'update', call: 'max', place: { key: 1, by: 'key' }, number: -1 },
      { kind: 'try', transaction: 0 },
    ])
  })

  it('reads what happens beside transactions', () => {
    const text = 'find x -> b; make k -> a; horizon; sweep; sweep x unborn; recover B; revoke A'
    expect(parseProgram(text, 'A', namesOf('x'))).toEqual([
      { kind: 'find', key: 0, variable: 0 },
      { kind: 'make', key: 1, variable: 1 },
      { kind: 'horizon' },
      { kind: 'sweep', key: -1, takesUnborn: false },
      { kind: 'sweep', key: 0, takesUnborn: true },
      { kind: 'recover', thread: 1 },
      { kind: 'revoke', transaction: 0 },
    ])
  })

  it('reads what is done with batches', () => {
    const text = `begin append; write x [12]s; append key:k [3]; drop x []; keep x p; handle x h; commit
                  M.swap x; merge x 2; look p -> a; open h q; release q; unpin`
    const names = namesOf('x')
    const common = { transaction: 0, place: { key: 0, by: 'handle' } }
    expect(parseProgram(text, 'A', names)).toEqual([
      { kind: 'begin', transaction: 0, mode: MODE_SERIALIZABLE | MODE_CONFLICT_APPEND },
      { kind: 'rows', call: 'write', ...common, rows: [1, 2], schema: 's' },
      {
        ...{ kind: 'rows', call: 'append', transaction: 0, place: { key: 1, by: 'key' } },
        ...{ rows: [3], schema: '' },
      },
      { kind: 'rows', call: 'drop', ...common, rows: [], schema: '' },
      { kind: 'keep', ...common, pin: 0 },
      { kind: 'handle', ...common, pin: 1 },
      { kind: 'commit', transaction: 0 },
      { kind: 'swap', transaction: 1, place: common.place, count: 0 },
      { kind: 'merge', transaction: -1, place: common.place, count: 2 },
      { kind: 'look', pin: 0, variable: 0 },
      { kind: 'open', handle: 1, pin: 2 },
      { kind: 'release', pin: 2 },
      { kind: 'unpin' },
    ])
    expect(names.pins).toEqual(['p', 'h', 'q'])
  })

  it.each([
    ['read x -> a', 'No transaction has begun'],
    ['begin; read x', 'Say "-> name"'],
    ['begin sometimes', 'No such mode'],
    ['begin; write x y+1', 'y was not read before'],
    ['begin; write x', 'Something is missing'],
    ['begin; write x 1.5', 'No value'],
    ['begin; add x a', 'No value'],
    ['begin; jump x', 'No such statement'],
    ['recover C', 'No thread of that name'],
    ['begin; append x 5', 'No rows'],
    ['begin; write x [a]', 'No rows'],
    ['append x [5]', 'No transaction has begun'],
  ])('refuses %s', (text, message) => {
    expect(() => parseProgram(text, 'A', namesOf('x'))).toThrow(message)
  })
})

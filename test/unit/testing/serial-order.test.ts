import { compileScenario, type Outcome } from 'khonsu/testing'
import { describe, expect, it } from 'vitest'
import { ABORTED, ABSENT, COMMITTED, NOT_DONE, REFUSED } from '#dist/src/testing/outcome.js'
import { hasSerialOrder } from '#dist/src/testing/serial-order.js'

const compiled = compileScenario({
  name: 'two increments',
  keys: { x: 0 },
  threads: {
    A: 'begin; read x -> a; write x a+1; commit',
    B: 'begin; read x -> b; write x b+10; commit',
  },
  allowed: 'serial',
})

const updating = compileScenario({
  name: 'updates',
  keys: { x: 0, y: 5, z: null },
  threads: {
    A: 'begin; add x 2; max y 7; min z 3; commit',
    B: 'begin; add x 10; min y 6; max z 1; read z -> b; commit',
  },
  allowed: 'serial',
})

const both = { A: COMMITTED, B: COMMITTED }

function isSerial(
  outcome: Outcome,
  precedes = (_earlier: number, _later: number) => false,
): boolean {
  return hasSerialOrder(compiled, [0], outcome, precedes)
}

describe('hasSerialOrder', () => {
  it('finds either order', () => {
    expect(isSerial({ ...both, a: 0, b: 1, x: 11 })).toBe(true)
    expect(isSerial({ ...both, a: 10, b: 0, x: 11 })).toBe(true)
  })

  it('finds none for a lost update', () => {
    expect(isSerial({ ...both, a: 0, b: 0, x: 10 })).toBe(false)
  })

  it('keeps to what had ended before', () => {
    const outcome = { ...both, a: 10, b: 0, x: 11 }
    expect(isSerial(outcome, (earlier, later) => earlier === 0 && later === 1)).toBe(false)
  })

  it('lets a transaction that aborted read one state, and leave nothing', () => {
    expect(isSerial({ A: COMMITTED, B: ABORTED, a: 0, b: 1, x: 1 })).toBe(true)
    expect(isSerial({ A: COMMITTED, B: ABORTED, a: 0, b: 7, x: 1 })).toBe(false)
    expect(isSerial({ A: COMMITTED, B: ABORTED, a: 0, b: 1, x: 11 })).toBe(false)
  })

  it('makes updates of what is there then', () => {
    const found = (outcome: Outcome): boolean =>
      hasSerialOrder(updating, [0, 5, ABSENT], outcome, () => false)
    expect(found({ ...both, b: 3, x: 12, y: 6, z: 3 })).toBe(true)
    expect(found({ ...both, b: 1, x: 12, y: 7, z: 1 })).toBe(true)
    expect(found({ ...both, b: 1, x: 10, y: 7, z: 1 })).toBe(false)
    expect(found({ A: REFUSED, B: COMMITTED, b: 1, x: 10, y: 5, z: 1 })).toBe(true)
  })

  it('counts a transaction whose thread died whole or not at all', () => {
    expect(isSerial({ A: COMMITTED, B: NOT_DONE, a: 0, b: NOT_DONE, x: 1 })).toBe(true)
    expect(isSerial({ A: COMMITTED, B: NOT_DONE, a: 0, b: 1, x: 11 })).toBe(true)
    expect(isSerial({ A: COMMITTED, B: NOT_DONE, a: 0, b: 1, x: 10 })).toBe(false)
  })
})

/** Tickets and turns on a word of their own, also where the numbers of tickets begin again. */

import { describe, expect, it } from 'vitest'
import { TURNS_OFFSET } from '#dist/native-layout/arena-header-descriptor.js'
import type { Arena } from '#dist/src/memory/arena.js'
import { awaitEndOfTurn, awaitTurn, currentTurn, endTurn } from '#dist/src/transaction/turns.js'

const LAST_TICKET = 0xffff

/** A word of turns where so many tickets were taken and all turns are over. */
function wordAfter(count: number) {
  const i32 = new Int32Array(new SharedArrayBuffer(8192))
  i32[TURNS_OFFSET >>> 2] = (count << 16) | count
  return { i32 } as unknown as Arena
}

const forever = () => performance.now() + 10_000

describe.each([0, 0x7fff, LAST_TICKET])('tickets after %i others', (first) => {
  const second = (first + 1) & LAST_TICKET

  it('have their turns in their order', () => {
    const arena = wordAfter(first)
    expect(currentTurn(arena)).toBeUndefined()
    expect(awaitTurn(arena, forever())).toBe(first)
    expect(currentTurn(arena)).toBe(first)
    expect(endTurn(arena, second)).toBe(false)
    expect(endTurn(arena, first)).toBe(true)
    expect(endTurn(arena, first)).toBe(false)
    expect(currentTurn(arena)).toBeUndefined()
    expect(awaitTurn(arena, forever())).toBe(second)
  })

  it('are given back by who cannot wait', () => {
    const arena = wordAfter(first)
    awaitTurn(arena, forever())
    expect(awaitTurn(arena, 0)).toBeUndefined()
    expect(endTurn(arena, first)).toBe(true)
    expect(currentTurn(arena)).toBeUndefined()
  })

  it('lapse for who waits for their end', () => {
    const arena = wordAfter(first)
    awaitTurn(arena, forever())
    awaitEndOfTurn(arena, first)
    expect(currentTurn(arena)).toBeUndefined()
    expect(endTurn(arena, first)).toBe(false)
  })

  it('lapse for who has the next one', () => {
    const arena = wordAfter(first)
    awaitTurn(arena, forever())
    expect(awaitTurn(arena, forever())).toBe(second)
    expect(currentTurn(arena)).toBe(second)
  })
})

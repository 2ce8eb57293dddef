import { describe, expect, it } from 'vitest'
import { MODE_CLOSED, MODE_SERIALIZABLE } from '#dist/native-layout/slot-descriptor.js'
import { HookedKernel, loadHookedKernel } from '#dist/src/testing/hooked-kernel.js'
import { openStore } from '../../support/store.ts'

const NODE_ID = 4711
const CLOSED = MODE_SERIALIZABLE | MODE_CLOSED

describe('the list of snapshots that read old versions', () => {
  it.each([false, true])(
    'keeps what they need, also of who was thrown out while writing it: %s',
    async (isThrownOut) => {
      const khonsu = await openStore()
      const { session } = khonsu
      const set = (value: number) => khonsu.transact((tx) => tx.set('x', value))
      let throwAt = -1
      const other = new HookedKernel(loadHookedKernel(), session.arena.memory, (_, address) => {
        if (address >>> 0 === throwAt) throw new Error('thrown out')
      }).kernel
      other.attachThread(NODE_ID)
      const slots = [session.acquireSlot(), session.acquireSlot()].map((slot) => slot >>> 0)
      const [first, second] = slots as [number, number]
      const writing = other.acquireSlot() >>> 0
      set(1)
      const handle = session.lookUp('x')
      session.kernel.begin(second, CLOSED)
      set(2)
      set(3)
      other.releaseRetired()
      // In a slot that comes first in the list, where the other one stood.
      session.kernel.begin(first, CLOSED)
      if (isThrownOut) {
        throwAt = second + 8
        expect(() => other.releaseRetired()).toThrow('thrown out')
        throwAt = -1
      } else {
        other.releaseRetired()
      }
      other.begin(writing, MODE_SERIALIZABLE)
      other.writeNumber(writing, handle.cell, handle.generation, 4)
      expect(other.commit(writing)).toBe(0)
      expect(session.kernel.read(second, handle.cell, handle.generation)).toBe(1)
      for (const slot of slots) session.kernel.dismiss(slot)
      other.detachThread()
    },
  )
})

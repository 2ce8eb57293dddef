import { expect, test, vi } from 'vitest'
import { SlicedWork } from '#dist/src/arrow/gather/steps.js'
import type { Coordinator } from '#dist/src/coordinator/coordinator.js'
import { MergeTurns } from '#dist/src/coordinator/merge-turns.js'

function coordinatorWith(slices: (() => boolean)[]): Coordinator {
  const coordinator = {
    get hasMerges() {
      return slices.length > 0
    },
    mergeSlice: () => slices.shift()?.() ?? false,
  }
  return coordinator as unknown as Coordinator
}

test('merges take turns with everything else, and run once at a time', async () => {
  const found: string[] = []
  const slice = (isLast: boolean) => () => {
    found.push('slice')
    setImmediate(() => found.push('other'))
    return !isLast
  }
  const turns = new MergeTurns(coordinatorWith([slice(false), slice(false), slice(true)]))
  const running = turns.run()
  await turns.run()
  expect(found).toEqual([])
  await running
  expect(found).toEqual(['slice', 'other', 'slice', 'other', 'slice'])
})

test('merges go on after a slice that threw', async () => {
  let count = 0
  const broken = (): boolean => {
    throw new Error('broken')
  }
  const turns = new MergeTurns(coordinatorWith([broken, () => ++count < 0]))
  await expect(turns.run()).rejects.toThrow('broken')
  await turns.run()
  expect(count).toBe(1)
})

test('merges do not need the practice before them', async () => {
  const step = vi.spyOn(SlicedWork.prototype, 'step').mockImplementationOnce(() => {
    throw new Error('out of practice')
  })
  let count = 0
  await new MergeTurns(coordinatorWith([() => ++count < 0])).run()
  expect(step).toHaveBeenCalledOnce()
  expect(step).toHaveReturnedTimes(0)
  expect(count).toBe(1)
  step.mockRestore()
})

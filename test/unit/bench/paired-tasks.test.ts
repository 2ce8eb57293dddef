import { expect, test } from 'vitest'
import { timePaired, timeRatio } from '../../../bench/paired-tasks.ts'

/** A task that says its name each time, and takes a while. */
function sayingTask(name: string, durationMs: number, said: string[]) {
  const run = () => {
    const startedMs = performance.now()
    said.push(name)
    while (performance.now() - startedMs < durationMs);
  }
  return { name, run }
}

test('each round has one slice of each task, in an order that turns round, each after a lead-in', () => {
  const said: string[] = []
  const tasks = ['a', 'b'].map((name) => sayingTask(name, 2, said))
  const times = timePaired(tasks, { roundCount: 3, sliceMs: 1 })
  // One operation fills a slice. Two slices warm each task up; then a lead-in of one goes before each.
  expect(said.join('')).toBe('aabb' + 'aabb' + 'bbaa' + 'aabb')
  expect(times.get('a')).toHaveLength(3)
  expect(times.get('b')).toHaveLength(3)
})

test('a time is that of one operation, and a ratio is taken round by round', () => {
  const said: string[] = []
  const tasks = [sayingTask('slow', 4, said), sayingTask('quick', 1, said)]
  const times = timePaired(tasks, { roundCount: 5, sliceMs: 4 })
  const leastNs = Math.min(...(times.get('slow') as number[]))
  expect(leastNs).toBeGreaterThanOrEqual(4e6)
  const ratios = [0, 1, 2, 3, 4].map((i) => {
    return (times.get('slow')?.[i] as number) / (times.get('quick')?.[i] as number)
  })
  expect(timeRatio(times, 'slow', 'quick').median).toBe(ratios.toSorted((a, b) => a - b)[2])
})

test('a ratio of a task that was not timed is refused', () => {
  const times = timePaired([sayingTask('a', 1, [])], { roundCount: 1, sliceMs: 1 })
  expect(() => timeRatio(times, 'a', 'b')).toThrow(RangeError)
})

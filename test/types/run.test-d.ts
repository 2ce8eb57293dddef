import type { JobInput, JobResult, Khonsu, StoreHandle } from 'khonsu'
import { attach } from 'khonsu'
import { describe, expectTypeOf, it } from 'vitest'

declare const khonsu: Khonsu
declare const url: URL
declare const handle: StoreHandle

/** What `typeof import('./job.js')` is for a job file. */
interface SumJob {
  default: (input: { from: number; to: number }) => Promise<number>
}
interface PlainJob {
  default: (input: string) => string[]
}
interface NoInputJob {
  default: () => boolean
}

describe('run', () => {
  it('takes the input of the job and gives its result', () => {
    expectTypeOf(khonsu.run<SumJob>(url, { from: 1, to: 2 })).toEqualTypeOf<Promise<number>>()
    expectTypeOf(khonsu.run<PlainJob>(url, 'a')).toEqualTypeOf<Promise<string[]>>()
    expectTypeOf(khonsu.run<NoInputJob>(url, undefined)).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(
      khonsu.run<typeof import('../unit/pool/jobs/hold-snapshot.mjs')>(url, {
        name: 'a',
        lengthMs: 1,
      }),
    ).toEqualTypeOf<Promise<void>>()
    // @ts-expect-error another input
    khonsu.run<SumJob>(url, { from: '1', to: 2 })
    // @ts-expect-error a part is missing
    khonsu.run<SumJob>(url, { from: 1 })
    // @ts-expect-error an option that there is not
    khonsu.run<PlainJob>(url, 'a', { timeout: 5 })
  })

  it('takes anything and gives something unknown when no job is named', () => {
    expectTypeOf(khonsu.run(url, { any: 'thing' })).toEqualTypeOf<Promise<unknown>>()
  })

  it('takes modules that have a default export only', () => {
    // @ts-expect-error no default export
    khonsu.run<{ job: () => 1 }>(url, undefined)
    // @ts-expect-error a default export that is no function
    khonsu.run<{ default: 5 }>(url, undefined)
  })
})

describe('runAll', () => {
  it('takes one input for all or one for each', () => {
    expectTypeOf(khonsu.runAll<SumJob>(url, { from: 1, to: 2 })).toEqualTypeOf<Promise<number[]>>()
    khonsu.runAll<SumJob>(url, (index, count) => {
      expectTypeOf([index, count]).toEqualTypeOf<number[]>()
      return { from: index, to: count }
    })
    // @ts-expect-error another input
    khonsu.runAll<SumJob>(url, (index) => index)
  })
})

describe('jobs', () => {
  it('have types of their own for input and result', () => {
    expectTypeOf<JobInput<SumJob>>().toEqualTypeOf<{ from: number; to: number }>()
    expectTypeOf<JobResult<SumJob>>().toEqualTypeOf<number>()
  })

  it('attach with a handle or, in the pool, without', () => {
    attach(handle).transact(() => 1)
    attach().transact(() => 1)
    // @ts-expect-error not a handle
    attach({ memory: handle.memory })
  })
})

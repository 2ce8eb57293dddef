import { InvalidOptionError, Khonsu, type KhonsuOptions, type TransactOptions } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const JOB = new URL('../pool/jobs/echo.mjs', import.meta.url)

describe('Khonsu.open', () => {
  it.each<[string, unknown]>([
    ['memory', 4 * MIB - 1],
    ['memory', 4096 * MIB + 1],
    ['memory', 10_000_000.5],
    ['memory', '64 MiB'],
    ['memory', Number.NaN],
    ['workers', -1],
    ['workers', 201],
    ['workers', 1.5],
    ['workers', '2'],
    ['isolation', 'snapshot'],
    ['isolation', 'toString'],
    ['onConflict', 'merge'],
    ['onConflict', 1],
    ['serializable', 'strict'],
    ['maxSnapshotAgeMs', 9],
    ['maxSnapshotAgeMs', Number.POSITIVE_INFINITY],
    ['timeoutMs', 0],
    ['timeoutMs', -5],
    ['queueLimit', 0],
    ['queueLimit', 1_000_001],
    ['development', 'yes'],
    ['development', 1],
    ['isolatoin', 'serializable'],
  ])('refuses %s: %j and names it', async (option, given) => {
    const error = await rejectionOf(Khonsu.open({ workers: 0, [option]: given } as KhonsuOptions))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ code: 'KHONSU_INVALID_OPTION', retryable: false, option })
    expect((error as InvalidOptionError).message).toContain(option)
    expect((error as InvalidOptionError).accepted).not.toBe('')
  })

  it('needs no options, and takes the cores of the machine', async () => {
    const khonsu = await Khonsu.open()
    await using _ = khonsu
    const cores = await khonsu.runAll(JOB, null)
    expect(cores.length).toBeGreaterThan(0)
    expect(khonsu.stats().memory.arenaBytes).toBeGreaterThanOrEqual(4 * MIB)
  })

  it('takes undefined for what is left out', async () => {
    const khonsu = await openStore({
      isolation: undefined,
      queueLimit: undefined,
    } as unknown as KhonsuOptions)
    expect(khonsu.transact((tx) => tx.get('a'))).toBeUndefined()
  })

  it('cuts the memory to whole pages', async () => {
    const khonsu = await openStore({ memory: 5 * MIB + 12_345 })
    expect(khonsu.stats().memory.arenaBytes).toBe(5 * MIB)
  })

  it('opens several stores that know nothing of each other', async () => {
    const [a, b] = [await openStore(), await openStore()]
    a.transact((tx) => tx.set('key', 'a'))
    expect(b.transact((tx) => tx.has('key'))).toBe(false)
  })
})

describe('transact and startTransaction', () => {
  it.each<[string, unknown]>([
    ['isolation', 'Serializable'],
    ['onConflict', 'merge'],
    ['maxAttempts', 0],
    ['maxAttempts', -1],
    ['maxAttempts', 1.5],
    ['maxAttempts', '5'],
    ['maxAttempts', Number.NaN],
    ['timeoutMs', 0],
    ['timeoutMs', '5'],
    ['name', 5],
    ['signal', {}],
    ['onCommit', 'log'],
  ])('refuse %s: %j before anything happens', async (option, given) => {
    const khonsu = await openStore()
    const options = { [option]: given } as TransactOptions
    let runs = 0
    for (const call of [
      () => khonsu.transact((tx) => tx.set('a', runs++), options),
      () => khonsu.startTransaction(options),
    ]) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error).toMatchObject({ option })
    }
    expect(runs).toBe(0)
    expect(contents(khonsu, ['a'])).toEqual([undefined])
  })

  it.each([[{ isolatoin: 'serializable' }], [null], ['serializable']])(
    'refuse %j as options',
    async (options) => {
      const khonsu = await openStore()
      const error = thrownBy(() => khonsu.transact(() => 1, options as TransactOptions))
      expect(error).toBeInstanceOf(InvalidOptionError)
    },
  )

  it('accept Infinity as maxAttempts and as timeoutMs', async () => {
    const khonsu = await openStore()
    const options = { maxAttempts: Number.POSITIVE_INFINITY, timeoutMs: Number.POSITIVE_INFINITY }
    expect(khonsu.transact(() => 1, options)).toBe(1)
  })
})

describe('run and runAll', () => {
  it('refuse what is no absolute URL', async () => {
    const khonsu = await openStore({ workers: 1 })
    for (const url of ['./job.js', '', 5 as never]) {
      expect(await rejectionOf(khonsu.run(url, 1))).toMatchObject({ option: 'url' })
      expect(await rejectionOf(khonsu.runAll(url, 1))).toMatchObject({ option: 'url' })
    }
  })

  it('refuse a signal that is none', async () => {
    const khonsu = await openStore({ workers: 1 })
    const error = await rejectionOf(khonsu.run(JOB, 1, { signal: 5 as never }))
    expect(error).toMatchObject({ code: 'KHONSU_INVALID_OPTION', option: 'signal' })
  })

  it('name the option workers when the store has no pool', async () => {
    const khonsu = await openStore()
    for (const promise of [khonsu.run(JOB, 1), khonsu.runAll(JOB, 1)]) {
      const error = await rejectionOf(promise)
      expect(error).toMatchObject({ code: 'KHONSU_INVALID_OPTION', option: 'workers' })
    }
  })
})

describe('ref', () => {
  it('refuses a codec that is no object', async () => {
    const khonsu = await openStore()
    for (const codec of ['json', 5, null]) {
      const error = thrownBy(() => khonsu.ref('a', codec as never))
      expect(error).toMatchObject({ code: 'KHONSU_INVALID_OPTION', option: 'codec' })
    }
  })
})

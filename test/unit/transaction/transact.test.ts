import type { CommitResult, Transaction } from 'khonsu'
import { describe, expect, it, vi } from 'vitest'
import { contents } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

describe('transact', () => {
  it('watches the end of a turn also after it was thrown out of that', async () => {
    const khonsu = await openStore()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const watch = vi.spyOn(globalThis, 'setImmediate').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded')
    })
    try {
      expect(() => khonsu.transact((tx) => tx.get('a'))).toThrow(RangeError)
      khonsu.transact((tx) => tx.get('a'))
      expect(watch).toHaveBeenCalledTimes(2)
      khonsu.transact((tx) => tx.get('a'))
      expect(watch).toHaveBeenCalledTimes(2)
    } finally {
      watch.mockRestore()
    }
  })

  it('returns what the body returns', async () => {
    const khonsu = await openStore()
    const object = { any: new Map() }
    expect(khonsu.transact(() => object)).toBe(object)
    expect(khonsu.transact(() => undefined)).toBeUndefined()
    expect(khonsu.transact((tx) => tx.update('a', () => 5))).toBe(5)
    expect(khonsu.transact(() => 1, { name: 'named' })).toBe(1)
  })

  it('lets the body see its own writes, and nobody else before the commit', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    khonsu.transact((tx) => {
      tx.set('a', 2)
      tx.set('fresh', 'text')
      tx.set('fresh', 'other text')
      expect([tx.get('a'), tx.get('fresh'), tx.has('fresh')]).toEqual([2, 'other text', true])
      expect(contents(khonsu, ['a', 'fresh'])).toEqual([1, undefined])
      expect(tx.delete('a')).toBe(true)
      expect([tx.get('a'), tx.has('a'), tx.delete('a')]).toEqual([undefined, false, false])
      tx.set('a', 3)
      expect(tx.get('a')).toBe(3)
    })
    expect(contents(khonsu, ['a', 'fresh'])).toEqual([3, 'other text'])
  })

  it('deletes: the key has no value, and can get one again', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 'text'))
    expect(khonsu.transact((tx) => tx.delete('a'))).toBe(true)
    expect(khonsu.transact((tx) => [tx.get('a'), tx.has('a'), tx.delete('a')])).toEqual([
      undefined,
      false,
      false,
    ])
    khonsu.transact((tx) => tx.set('a', null))
    expect(khonsu.transact((tx) => [tx.get('a'), tx.has('a')])).toEqual([null, true])
  })

  it('updates by what the body makes of the old value', async () => {
    const khonsu = await openStore()
    const body = (tx: Transaction): unknown => [
      tx.update('n', (old) => Number(old ?? 0) + 1),
      tx.update('list', (old) => [...((old as number[]) ?? []), 1]),
    ]
    expect(khonsu.transact(body)).toEqual([1, [1]])
    expect(khonsu.transact(body)).toEqual([2, [1, 1]])
    const mine = new Error('mine')
    const error = thrownBy(() =>
      khonsu.transact((tx) =>
        tx.update('n', () => {
          throw mine
        }),
      ),
    )
    expect(error).toBe(mine)
    expect(contents(khonsu, ['n', 'list'])).toEqual([2, [1, 1]])
  })

  it('runs again when another transaction got in between, with fresh reads', async () => {
    const khonsu = await openStore({ serializable: 'occ' })
    khonsu.transact((tx) => tx.set('a', 1))
    const seen: unknown[] = []
    khonsu.transact((tx) => {
      seen.push(tx.get('a'))
      tx.set('b', Number(tx.get('a')) * 10)
      if (seen.length < 3) khonsu.transact((other) => other.update('a', (a) => Number(a) + 1))
    })
    expect(seen).toEqual([1, 2, 3])
    expect(contents(khonsu, ['a', 'b'])).toEqual([3, 30])
  })

  it.each(['repeatable-read', 'serializable'] as const)(
    'never shows a body two states at once, not even in an attempt that fails (%s)',
    async (isolation) => {
      const khonsu = await openStore()
      const keys = ['a', 'b', 'c', 'absent']
      let state = 0
      const next = (): void => {
        state++
        khonsu.transact((tx) => {
          for (const key of keys.slice(0, 3)) tx.set(key, state)
          if (state % 2 === 0) tx.set('absent', state)
          else tx.delete('absent')
        })
      }
      next()
      let runs = 0
      khonsu.transact(
        (tx) => {
          runs++
          const seen: unknown[] = []
          for (const key of keys) {
            seen.push(tx.get(key))
            if (runs < 4) next()
          }
          const version = seen[0] as number
          expect(seen).toEqual([version, version, version, version % 2 === 0 ? version : undefined])
        },
        { isolation },
      )
    },
  )

  it('takes over changed data when it had read nothing before', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    let runs = 0
    const seen = khonsu.transact((tx) => {
      if (runs++ === 0) khonsu.transact((other) => other.set('a', 2))
      return tx.get('a')
    })
    expect([seen, runs]).toEqual([2, 1])
  })

  it('numbers transactions from 0, only those that ask', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const ids = [1, 2].map(() => khonsu.transact((tx) => [tx.id, tx.id]))
    expect(ids).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(khonsu.startTransaction().id).toBe(2)
  })
})

describe('nested transactions', () => {
  it('are independent: the inner one stays when the outer one fails', async () => {
    const khonsu = await openStore()
    thrownBy(() =>
      khonsu.transact((tx) => {
        tx.set('outer', 1)
        khonsu.transact((inner) => inner.set('inner', 1))
        throw new Error('mine')
      }),
    )
    expect(contents(khonsu, ['outer', 'inner'])).toEqual([undefined, 1])
  })

  it('may be as deep as one likes', async () => {
    const khonsu = await openStore()
    const nest = (depth: number): number =>
      khonsu.transact((tx) => {
        tx.set(['level', depth], depth)
        return depth === 0 ? 0 : 1 + nest(depth - 1)
      })
    expect(nest(100)).toBe(100)
    expect(
      contents(khonsu, [
        ['level', 0],
        ['level', 100],
      ]),
    ).toEqual([0, 100])
    expect(khonsu.stats().commits).toBeGreaterThanOrEqual(101)
  })

  it('can use one key in both: the outer one loses', async () => {
    const khonsu = await openStore()
    let runs = 0
    khonsu.transact((tx) => {
      const old = Number(tx.get('a') ?? 0)
      if (runs++ === 0) khonsu.transact((inner) => inner.set('a', 10))
      tx.set('a', old + 1)
    })
    expect([runs, ...contents(khonsu, ['a'])]).toEqual([2, 11])
  })
})

describe('onCommit', () => {
  it('is called once, after the commit, with a timestamp that grows along each key', async () => {
    const khonsu = await openStore()
    const results: CommitResult[] = []
    let runs = 0
    for (let i = 0; i < 5; i++) {
      khonsu.transact(
        (tx) => {
          tx.update('a', (old) => Number(old ?? 0) + 1)
          if (runs++ === 0) khonsu.transact((other) => other.set('a', 100))
        },
        {
          onCommit: (result) => {
            results.push(result)
            expect(contents(khonsu, ['a'])[0]).toBeGreaterThanOrEqual(results.length)
          },
        },
      )
    }
    expect([results.length, runs]).toEqual([5, 6])
    const timestamps = results.map(({ timestamp }) => timestamp)
    expect(timestamps).toEqual([...new Set(timestamps)].sort((a, b) => a - b))
    expect(results.flatMap(({ ignored }) => ignored)).toEqual([])
  })

  it('gets the timestamp 0 when nothing was written', async () => {
    const khonsu = await openStore()
    const results: CommitResult[] = []
    khonsu.transact((tx) => tx.get('a'), { onCommit: (result) => results.push(result) })
    expect(results).toEqual([{ timestamp: 0, ignored: [] }])
  })

  it('is not called when the transaction fails; what it throws comes after the commit', async () => {
    const khonsu = await openStore()
    let calls = 0
    const onCommit = (): void => {
      calls++
      throw new Error('mine')
    }
    thrownBy(() =>
      khonsu.transact(
        () => {
          throw new RangeError()
        },
        { onCommit },
      ),
    )
    expect(calls).toBe(0)
    const error = thrownBy(() => khonsu.transact((tx) => tx.set('a', 1), { onCommit }))
    expect((error as Error).message).toBe('mine')
    expect(contents(khonsu, ['a'])).toEqual([1])
  })
})

describe('development mode', () => {
  it('runs each body twice, and only the second run counts', async () => {
    const khonsu = await openStore({ development: true })
    let runs = 0
    const seen = khonsu.transact((tx) => {
      runs++
      tx.set(['run', runs], true)
      return tx.update('a', (old) => Number(old ?? 0) + 1)
    })
    expect([seen, runs]).toEqual([1, 2])
    expect(contents(khonsu, ['a', ['run', 1], ['run', 2]])).toEqual([1, undefined, true])
    expect(khonsu.stats().aborts.byCause.rehearsal).toBeGreaterThan(0)
  })

  it('shows what a body does besides', async () => {
    const khonsu = await openStore({ development: true })
    const log: string[] = []
    khonsu.transact((tx) => {
      log.push(`a is ${tx.get('a')}`)
    })
    expect(log).toHaveLength(2)
  })

  it('throws what the second run throws', async () => {
    const khonsu = await openStore({ development: true })
    let runs = 0
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.set('a', 1)
        throw new Error(`run ${++runs}`)
      }),
    )
    expect((error as Error).message).toBe('run 2')
  })

  it('works with nested transactions, options, retries and many of them', async () => {
    const khonsu = await openStore({ development: true })
    for (let i = 1; i <= 100; i++) {
      let runs = 0
      khonsu.transact(
        (tx) => {
          const old = Number(tx.get('a') ?? 0)
          if (++runs === 2) khonsu.transact((inner) => inner.set('b', i))
          tx.set('a', old + 1)
        },
        { name: 'counting', maxAttempts: 2 },
      )
      expect(contents(khonsu, ['a', 'b'])).toEqual([i, i])
    }
  })
})

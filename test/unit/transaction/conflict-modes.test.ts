import { type CommitResult, type ConflictMode, type IsolationLevel, record } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents, expectWritable } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']

/** Writes `a` and `b` without a look, while another transaction commits `a`. */
async function writeBlindly(isolation: IsolationLevel, onConflict: ConflictMode) {
  const khonsu = await openStore()
  khonsu.transact((tx) => {
    tx.set('a', 'old')
    tx.set('b', 'old')
  })
  const before = khonsu.startTransaction({ isolation: 'repeatable-read' })
  const transaction = khonsu.startTransaction({ isolation, onConflict })
  transaction.write('a', 'mine')
  transaction.write('b', 'mine')
  khonsu.transact((tx) => tx.set('a', 'theirs'))
  const between = khonsu.startTransaction({ isolation: 'repeatable-read' })
  let result: CommitResult | undefined
  let error: unknown
  try {
    result = transaction.commit()
  } catch (thrown) {
    error = thrown
  }
  const [then, now] = [before, between].map((each) => [each.read('a'), each.read('b')])
  expect([then, now]).toEqual([
    ['old', 'old'],
    ['theirs', 'old'],
  ])
  before.rollback()
  between.rollback()
  expectWritable(khonsu, ['a', 'b'])
  return { result, error, final: contents(khonsu, ['a', 'b']) }
}

describe.each(LEVELS)('at %s', (isolation) => {
  it('fail aborts', async () => {
    const { error, final } = await writeBlindly(isolation, 'fail')
    expect(error).toMatchObject({ reason: 'write-conflict', key: 'a' })
    expect(final).toEqual(['theirs', 'old'])
  })

  it('ignore drops the write and names the key', async () => {
    const { result, final } = await writeBlindly(isolation, 'ignore')
    expect(result?.ignored).toEqual(['a'])
    expect(result?.timestamp).toBeGreaterThan(0)
    expect(final).toEqual(['theirs', 'mine'])
  })

  it('replace lets the last one win', async () => {
    const { result, final } = await writeBlindly(isolation, 'replace')
    expect(result?.ignored).toEqual([])
    expect(final).toEqual(['mine', 'mine'])
  })

  it.each(['ignore', 'replace'] as const)('%s does so for keys that were absent', async (mode) => {
    const khonsu = await openStore()
    const transaction = khonsu.startTransaction({ isolation, onConflict: mode })
    transaction.write('fresh', 'mine')
    khonsu.transact((tx) => tx.set('fresh', 'theirs'))
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    const { ignored, timestamp } = transaction.commit()
    expect(ignored).toEqual(mode === 'ignore' ? ['fresh'] : [])
    expect(timestamp === 0).toBe(mode === 'ignore')
    expect(reader.read('fresh')).toBe('theirs')
    reader.rollback()
    expect(contents(khonsu, ['fresh'])).toEqual([mode === 'ignore' ? 'theirs' : 'mine'])
  })

  it.each(['ignore', 'replace'] as const)(
    '%s meets a deletion as any other write',
    async (mode) => {
      const khonsu = await openStore()
      khonsu.transact((tx) => {
        tx.set('a', 1)
        tx.set('b', 1)
      })
      const writes = khonsu.startTransaction({ isolation, onConflict: mode })
      writes.write('a', 'mine')
      const deletes = khonsu.startTransaction({ isolation: 'read-committed', onConflict: mode })
      deletes.delete('b')
      khonsu.transact((tx) => {
        tx.delete('a')
        tx.set('b', 'theirs')
      })
      writes.commit()
      deletes.commit()
      expect(contents(khonsu, ['a', 'b'])).toEqual(
        mode === 'ignore' ? [undefined, 'theirs'] : ['mine', undefined],
      )
    },
  )

  it.each(['ignore', 'replace'] as const)('%s gives all blocks back in the end', async (mode) => {
    const khonsu = await openStore()
    const codec = record({ n: 'float64' })
    const ref = khonsu.ref('record', codec)
    const once = async (i: number): Promise<void> => {
      const transaction = khonsu.startTransaction({ isolation, onConflict: mode })
      transaction.write('text', `mine ${i}`)
      transaction.write(ref, { n: i })
      khonsu.transact((tx) => {
        tx.set('text', `theirs ${i}`)
        tx.set(ref, { n: -i })
      })
      transaction.commit()
      if (i % 20 === 0) await khonsu.reclaim()
    }
    for (let i = 0; i < 20; i++) await once(i)
    await khonsu.reclaim()
    const used = (): number =>
      khonsu.stats().memory.byClass.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
    const before = used()
    for (let i = 0; i < 200; i++) await once(i)
    await khonsu.reclaim()
    expect(used()).toBeLessThanOrEqual(before + 4)
  })
})

describe('conflict modes and reads', () => {
  it.each(['ignore', 'replace'] as const)('%s does not weaken validation', async (mode) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const transaction = khonsu.startTransaction({ isolation: 'serializable', onConflict: mode })
    transaction.write('a', Number(transaction.read('a')) + 1)
    khonsu.transact((tx) => tx.set('a', 10))
    const error = thrownBy(() => transaction.commit())
    expect(error).toMatchObject({ reason: 'stale-read', key: 'a' })
    expect(contents(khonsu, ['a'])).toEqual([10])
  })

  it('can be the default of the store, and be overruled', async () => {
    const khonsu = await openStore({ onConflict: 'ignore', isolation: 'repeatable-read' })
    const [one, two] = [khonsu.startTransaction(), khonsu.startTransaction({ onConflict: 'fail' })]
    one.write('a', 'one')
    two.write('a', 'two')
    khonsu.transact((tx) => tx.set('a', 'first'))
    expect(one.commit().ignored).toEqual(['a'])
    expect(thrownBy(() => two.commit())).toMatchObject({ reason: 'write-conflict' })
  })

  it('names all keys that were dropped, of every form, in onCommit too', async () => {
    const khonsu = await openStore()
    const keys = [1, '1', ['tuple', 1], '€'.repeat(100), '']
    const results: CommitResult[] = []
    let runs = 0
    khonsu.transact(
      (tx) => {
        runs++
        for (const key of keys) tx.set(key, 'mine')
        tx.set('kept', 'mine')
        khonsu.transact((other) => {
          for (const key of keys) other.set(key, 'theirs')
        })
      },
      {
        isolation: 'repeatable-read',
        onConflict: 'ignore',
        onCommit: (result) => results.push(result),
      },
    )
    expect(runs).toBe(1)
    expect(results[0]?.ignored).toHaveLength(keys.length)
    expect(results[0]?.ignored).toEqual(expect.arrayContaining(keys))
    expect(contents(khonsu, [...keys, 'kept'])).toEqual([...keys.map(() => 'theirs'), 'mine'])
  })

  it('forget the dropped keys of the commit before', async () => {
    const khonsu = await openStore()
    const dropping = khonsu.startTransaction({ isolation: 'repeatable-read', onConflict: 'ignore' })
    dropping.write('a', 'mine')
    khonsu.transact((tx) => tx.set('a', 'theirs'))
    expect(dropping.commit().ignored).toEqual(['a'])
    for (const write of [false, true, false]) {
      const next = khonsu.startTransaction()
      next.read('a')
      if (write) next.write('b', 1)
      expect(next.commit().ignored).toEqual([])
    }
  })
})

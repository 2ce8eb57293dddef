/** Serializable by SSI: stale reads are judged, and what that means for who only reads. */
import { type ExplicitTransaction, type Khonsu, TransactionConflictError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents } from '../../support/contents.ts'
import { blockFor, openStore, until } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

async function openPair(): Promise<Khonsu> {
  const khonsu = await openStore()
  khonsu.transact((tx) => {
    tx.set('a', 1)
    tx.set('b', 2)
  })
  return khonsu
}

function reasonOf(transaction: ExplicitTransaction): string | undefined {
  try {
    transaction.commit()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(TransactionConflictError)
    return (error as TransactionConflictError).reason
  }
}

describe('a stale read', () => {
  it('commits when nobody comes in between', async () => {
    const khonsu = await openPair()
    const late = khonsu.startTransaction()
    late.write('b', Number(late.read('a')) * 10)
    khonsu.transact((tx) => tx.set('a', 5))
    expect(reasonOf(late)).toBeUndefined()
    expect(contents(khonsu, ['a', 'b'])).toEqual([5, 10])
    expect(khonsu.stats()).toMatchObject({ judgedCommits: 1 })
  })

  it('of a key that was missing commits, too', async () => {
    const khonsu = await openPair()
    const late = khonsu.startTransaction()
    expect(late.read('fresh')).toBeUndefined()
    late.write('b', 100)
    khonsu.transact((tx) => tx.set('fresh', 1))
    expect(reasonOf(late)).toBeUndefined()
    expect(contents(khonsu, ['b', 'fresh'])).toEqual([100, 1])
  })

  it('is refused when somebody has read what it writes, after what it has not read', async () => {
    const khonsu = await openPair()
    const late = khonsu.startTransaction()
    late.write('b', Number(late.read('a')) * 10)
    khonsu.transact((tx) => tx.set('a', 5))
    expect(contents(khonsu, ['a', 'b'])).toEqual([5, 2])
    expect(reasonOf(late)).toBe('dangerous-structure')
    expect(contents(khonsu, ['a', 'b'])).toEqual([5, 2])
    expect(khonsu.stats().aborts.byCause).toEqual({ 'dangerous-structure': 1 })
  })

  it('is refused in write skew, whoever comes second', async () => {
    for (const first of [0, 1]) {
      const khonsu = await openPair()
      const both = [khonsu.startTransaction(), khonsu.startTransaction()] as const
      for (const [index, transaction] of both.entries()) {
        transaction.read('a')
        transaction.read('b')
        transaction.write(index === 0 ? 'a' : 'b', -1)
      }
      expect(reasonOf(both[first === 0 ? 0 : 1])).toBeUndefined()
      expect(reasonOf(both[first === 0 ? 1 : 0])).toBe('dangerous-structure')
    }
  })

  it('has a body run again at most once where nobody else reads', async () => {
    const khonsu = await openPair()
    let runs = 0
    khonsu.transact((tx) => {
      runs++
      tx.set('b', Number(tx.get('a')) * 10)
      khonsu.transact((other) => other.update('a', (a) => Number(a) + 1))
    })
    expect(runs).toBe(2)
    expect(contents(khonsu, ['a', 'b'])).toEqual([3, 20])
  })

  it('has a named body run once, when it had to run again before', async () => {
    const khonsu = await openPair()
    const runsOf = (name: string): number => {
      let runs = 0
      khonsu.transact(
        (tx) => {
          runs++
          tx.set('b', Number(tx.get('a')))
          khonsu.transact((other) => other.update('a', (a) => Number(a) + 1))
        },
        { name },
      )
      return runs
    }
    expect([runsOf('one'), runsOf('one'), runsOf('other'), runsOf('other')]).toEqual([2, 1, 2, 1])
  })

  it('aborts in a store with occ', async () => {
    const khonsu = await openStore({ serializable: 'occ' })
    khonsu.transact((tx) => tx.set('a', 1))
    const late = khonsu.startTransaction()
    late.write('b', Number(late.read('a')))
    khonsu.transact((tx) => tx.set('a', 2))
    expect(reasonOf(late)).toBe('stale-read')
  })
})

/** Runs the read-only anomaly up to the reader: an update with a stale read is open, another is done. */
function beginAnomaly(khonsu: Khonsu): ExplicitTransaction {
  const late = khonsu.startTransaction()
  late.read('b')
  late.read('a')
  late.write('a', -1)
  khonsu.transact((tx) => tx.update('b', (b) => Number(b) + 20))
  return late
}

describe('who only reads', () => {
  it('has the writer refused that would come before what it saw', async () => {
    const khonsu = await openPair()
    const late = beginAnomaly(khonsu)
    const seen = khonsu.transact((tx) => [tx.get('a'), tx.get('b')], { readOnly: true })
    expect(seen).toEqual([1, 22])
    expect(reasonOf(late)).toBe('dangerous-structure')
  })

  it('runs again when the writer committed while it was open', async () => {
    const khonsu = await openPair()
    const late = beginAnomaly(khonsu)
    let runs = 0
    const seen = khonsu.transact(
      (tx) => {
        const b = tx.get('b')
        if (++runs === 1) expect(reasonOf(late)).toBeUndefined()
        return [tx.get('a'), b]
      },
      { readOnly: true },
    )
    expect([runs, seen]).toEqual([2, [-1, 22]])
    expect(khonsu.stats().aborts.byCause).toEqual({ 'dangerous-structure': 1 })
  })

  it('explicitly is refused in the same place', async () => {
    const khonsu = await openPair()
    const late = beginAnomaly(khonsu)
    const reader = khonsu.startTransaction({ readOnly: true })
    reader.read('b')
    expect(reasonOf(late)).toBeUndefined()
    expect(reader.read('a')).toBe(1)
    expect(reasonOf(reader)).toBe('dangerous-structure')
  })

  it('sees current values without being refused when nobody can be judged', async () => {
    const khonsu = await openPair()
    expect(reasonOf(beginAnomaly(khonsu))).toBeUndefined()
    for (let i = 0; i < 3; i++) expect(contents(khonsu, ['a', 'b'])).toEqual([-1, 22])
    expect(khonsu.stats().aborts.total).toBe(0)
  })
})

describe('deferrable', () => {
  it('reads at once when nobody can be judged, and says that it is safe', async () => {
    const khonsu = await openPair()
    let safe: boolean | undefined
    const options = {
      deferrable: true,
      readOnly: true,
      onCommit: (result: { safe?: boolean }) => {
        safe = result.safe
      },
    } as const
    expect(khonsu.transact((tx) => tx.get('a'), options)).toBe(1)
    expect(safe).toBe(true)
  })

  it('waits for those that can be judged, and takes another snapshot if one was', async () => {
    const khonsu = await openPair()
    const late = beginAnomaly(khonsu)
    const seen = khonsu.transactDeferrable((tx) => [tx.get('a'), tx.get('b')])
    let isDone = false
    void seen.then(() => {
      isDone = true
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(isDone).toBe(false)
    expect(reasonOf(late)).toBeUndefined()
    expect(await seen).toEqual([-1, 22])
  })

  it('goes on as any other that only reads when it has waited long enough', async () => {
    const khonsu = await openPair()
    const late = beginAnomaly(khonsu)
    const reader = khonsu.startTransaction({ deferrable: true, deferMs: 20 })
    expect([reader.read('a'), reader.read('b')]).toEqual([1, 22])
    expect(reader.commit()).toEqual({ timestamp: 0, ignored: [], safe: false })
    expect(reasonOf(late)).toBe('dangerous-structure')
  })

  it('never disturbs others once it is safe', async () => {
    const khonsu = await openPair()
    const reader = khonsu.startTransaction({ deferrable: true })
    const late = beginAnomaly(khonsu)
    expect(reader.read('a')).toBe(1)
    expect(reasonOf(late)).toBeUndefined()
    expect(reader.read('b')).toBe(2)
    expect(reader.commit()).toMatchObject({ safe: true })
  })

  it('gives its slot back when its body throws', async () => {
    const khonsu = await openPair()
    for (let i = 0; i < 3; i++) {
      await expect(
        khonsu.transactDeferrable(() => {
          throw new Error('mine')
        }),
      ).rejects.toThrow('mine')
    }
    blockFor(1)
    await until(() => khonsu.stats().horizon.holder === undefined)
  })

  it('refuses writes and options that make no sense', async () => {
    const khonsu = await openPair()
    const write = { deferrable: true, readOnly: false } as const
    expect(thrownBy(() => khonsu.startTransaction(write))).toMatchObject({
      code: 'KHONSU_INVALID_OPTION',
      option: 'deferrable',
    })
    const late = khonsu.startTransaction({ deferrable: true })
    expect(thrownBy(() => late.write('a', 1))).toMatchObject({ code: 'KHONSU_READ_ONLY' })
    late.rollback()
    const negative = { deferrable: true, deferMs: -1 }
    expect(thrownBy(() => khonsu.startTransaction(negative))).toMatchObject({ option: 'deferMs' })
  })
})

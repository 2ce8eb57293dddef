/** Job: records transactions into one file of a history. */

import { recordHistory } from '../../src/history.ts'
import { attach } from '../../src/index.ts'
import { AMOUNT_MASK, accountKey } from '../accounts.ts'
import { Xorshift32 } from '../xorshift32.ts'

export interface RecordJobInput {
  readonly file: string
  readonly transactionCount: number
  readonly cellCount: number
  readonly seed: number
}

/** Five operations each: an amount moves between two accounts, a third one is read. */
export default function recordJob(input: RecordJobInput): void {
  const { file, transactionCount, cellCount, seed } = input
  using recorded = recordHistory(attach(), { file })
  const refs = Array.from({ length: cellCount }, (_, i) => recorded.ref<number>(accountKey(i)))
  const random = new Xorshift32(seed)
  const refAt = (index: number) => refs[index] as (typeof refs)[number]
  for (let done = 0; done < transactionCount; done++) {
    const from = random.below(cellCount)
    const to = (from + 1 + random.below(cellCount - 1)) % cellCount
    const other = random.below(cellCount)
    const amount = (random.next() & AMOUNT_MASK) + 1
    recorded.transact((tx) => {
      tx.get(refAt(other))
      const source = tx.get(refAt(from)) as number
      const target = tx.get(refAt(to)) as number
      tx.set(refAt(from), source - amount)
      tx.set(refAt(to), target + amount)
    })
  }
}

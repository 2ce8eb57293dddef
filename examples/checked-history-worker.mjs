import { attach } from 'khonsu'
import { recordHistory } from 'khonsu/history'

const ACCOUNTS = 20

/**
 * Moves money between random accounts, and records every read and write.
 *
 * @param {{ file: string, transfers: number }} input
 */
export default function recordTransfers({ file, transfers }) {
  const recorded = recordHistory(attach(), { file })
  try {
    for (let i = 0; i < transfers; i++) {
      const from = Math.floor(Math.random() * ACCOUNTS)
      const to = Math.floor(Math.random() * ACCOUNTS)
      recorded.transact((tx) => {
        tx.update(['account', from], (balance) => Number(balance ?? 0) - 1)
        tx.update(['account', to], (balance) => Number(balance ?? 0) + 1)
      })
    }
  } finally {
    recorded.close()
  }
}

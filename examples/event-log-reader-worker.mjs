// @ts-nocheck
import { attach } from 'khonsu'

const STEPS = 3

/** Reads the log until nobody writes any more. @param {{ writers: number }} input */
export default function read({ writers }) {
  const store = attach()
  const found = { whole: 0, broken: 0, outOfOrder: 0 }
  for (let isWritten = true; isWritten; ) {
    store.transact(
      (tx) => {
        isWritten = tx.get('writing') > 0
        const log = tx.get('log')
        if (log === undefined) return
        const [writer, entry, step] = ['writer', 'entry', 'step'].map((name) => {
          return tx.column('log', name).values
        })
        const { isWhole, isInOrder } = judge(writer, entry, step, writers)
        found.whole += Number(isWhole)
        found.broken += Number(!isWhole)
        found.outOfOrder += Number(!isInOrder)
      },
      { readOnly: true },
    )
  }
  return found
}

function judge(writer, entry, step, writers) {
  let isWhole = writer.length % STEPS === 0
  let isInOrder = true
  const next = new Array(writers).fill(0)
  for (let row = 0; row < writer.length; row++) {
    const first = row - (row % STEPS)
    isWhole &&= step[row] === row % STEPS
    isWhole &&= writer[row] === writer[first] && entry[row] === entry[first]
    if (step[row] === 0) isInOrder &&= entry[row] === next[writer[row]]++
  }
  return { isWhole, isInOrder }
}

import { Khonsu } from 'khonsu'

const khonsu = await Khonsu.open({ workers: 1, memory: 16 * 2 ** 20 })
console.log(khonsu.transact((tx) => tx.update('a', (old) => Number(old ?? 0) + 1)))
await khonsu.close()

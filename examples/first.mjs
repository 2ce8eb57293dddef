// @ts-nocheck
// first.mjs
import { Khonsu } from 'khonsu'

const khonsu = await Khonsu.open({ workers: 4 })
khonsu.transact((tx) => tx.set('visits', 0))

await khonsu.runAll(new URL('./first-worker.mjs', import.meta.url), 10_000)

console.log(khonsu.transact((tx) => tx.get('visits'))) // 40000
await khonsu.close()

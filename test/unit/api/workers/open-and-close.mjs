/** A program that uses a pool, closes its store and has nothing else to do. */
import { Khonsu } from 'khonsu'

const khonsu = await Khonsu.open({ workers: 2, memory: 16 * 1024 * 1024 })
await khonsu.runAll(new URL('../../pool/jobs/echo.mjs', import.meta.url), 1)
khonsu.transact((tx) => tx.set('a', 1))
await khonsu.close()
console.log('closed')

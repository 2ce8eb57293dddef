/** A program that uses a pool of two threads, and prints what came of each call. */
import { Khonsu } from 'khonsu'

const ECHO = new URL('./echo.mjs', import.meta.url)
const khonsu = await Khonsu.open({ workers: 2, memory: 16 * 1024 * 1024 })

/** @param {Promise<unknown>} call */
async function outcome(call) {
  try {
    return await call
  } catch (error) {
    const { code, exitCode, cause, message } = /** @type {any} */ (error)
    return code === undefined ? message : [code, exitCode, cause?.message]
  }
}

const outcomes = []
for (let i = 0; i < 2; i++) {
  outcomes.push(await outcome(khonsu.runAll(ECHO, (index) => index)))
  outcomes.push(await outcome(khonsu.run(ECHO, 'one')))
}
console.log(JSON.stringify(outcomes))
await khonsu.close()

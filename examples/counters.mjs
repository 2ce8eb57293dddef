// @ts-nocheck
/** Statistics of measurements, added up by all workers in records of raw numbers. */
import { Khonsu } from 'khonsu'
import { summary } from './counters-record.mjs'

const STATIONS = ['north', 'east', 'south', 'west']
const MEASUREMENTS = 5_000

const khonsu = await Khonsu.open({ workers: 3, memory: 64 * 1024 * 1024 })
try {
  const job = new URL('./counters-worker.mjs', import.meta.url)
  const sums = await khonsu.runAll(job, (worker) => ({
    stations: STATIONS,
    measurements: MEASUREMENTS,
    seed: worker + 1,
  }))

  const refs = STATIONS.map((station) => khonsu.ref(['station', station], summary))
  const found = khonsu.transact((tx) => refs.map((ref) => tx.get(ref)))
  for (const [i, { count, sum, least, greatest }] of found.entries()) {
    console.log(
      `${STATIONS[i]}: ${count} measurements, ${least} to ${greatest}, ` +
        `mean ${(sum / count).toFixed(1)}`,
    )
  }
  const count = found.reduce((total, station) => total + station.count, 0)
  const sum = found.reduce((total, station) => total + station.sum, 0)
  const expected = sums.reduce((total, part) => total + part, 0)
  console.log(`${count} measurements; the sums agree: ${sum === expected}`)
} finally {
  await khonsu.close()
}

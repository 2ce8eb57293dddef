// @ts-nocheck
/** Flights of some days, a batch a day: workers filter and add them up in place, into shared results. */
import { tableFromArrays } from 'apache-arrow'
import { Khonsu } from 'khonsu'

const AIRPORTS = ['AMS', 'BER', 'CDG', 'DUB', 'EDI']
const DAYS = 12
const FLIGHTS_A_DAY = 5_000
const WORKERS = 3

const khonsu = await Khonsu.open({ workers: WORKERS, memory: 64 * 1024 * 1024 })
try {
  for (let day = 0; day < DAYS; day++) {
    khonsu.transact((tx) => tx.set(['flights', day], flightsOf(day)))
  }
  const job = new URL('./flight-batches-worker.mjs', import.meta.url)
  const airportCount = AIRPORTS.length
  await khonsu.runAll(job, (worker) => ({ days: daysOf(worker), airportCount }))
  report('first')

  // A day turns out to have had half of its flights. Its late ones go; that it is added up again puts other
  // rows into the place of its old ones.
  khonsu.transact((tx) => {
    tx.set(['flights', 3], tx.get(['flights', 3]).slice(0, FLIGHTS_A_DAY / 2))
    tx.deleteRows('late', [3], { on: 'day' })
  })
  await khonsu.run(job, { days: [3], airportCount })
  report('corrected')
} finally {
  await khonsu.close()
}

function report(title) {
  khonsu.transact(
    (tx) => {
      const flights = tx.column('summary', 'flights').values.reduce((sum, count) => sum + count, 0)
      const rows = tx.get('summary').numRows
      const late = tx.get('late').numRows
      console.log(`${title}: ${flights} flights in ${rows} rows, ${late} of them late`)
    },
    { readOnly: true },
  )
}

function daysOf(worker) {
  return Array.from({ length: DAYS }, (_, day) => day).filter((day) => day % WORKERS === worker)
}

/** The same ones each time. */
function flightsOf(day) {
  const numbers = Array.from({ length: FLIGHTS_A_DAY }, (_, n) => day * FLIGHTS_A_DAY + n)
  return tableFromArrays({
    flight: Int32Array.from(numbers),
    airport: Uint8Array.from(numbers, (n) => (n * 7) % AIRPORTS.length),
    delay: Int16Array.from(numbers, (n) => ((n * 2_654_435_761) % 200) - 20),
  })
}

// @ts-nocheck
import { tableFromArrays } from 'apache-arrow'
import { attach } from 'khonsu'

const LATE_MINUTES = 150

/** @param {{ days: readonly number[], airportCount: number }} input */
export default function addUp({ days, airportCount }) {
  const store = attach()
  for (const day of days) {
    store.transact((tx) => {
      const airports = tx.column(['flights', day], 'airport').values
      const delays = tx.column(['flights', day], 'delay').values
      const flights = new Int32Array(airportCount)
      const minutes = new Int32Array(airportCount)
      const late = []
      for (let row = 0; row < airports.length; row++) {
        flights[airports[row]]++
        minutes[airports[row]] += delays[row]
        if (delays[row] > LATE_MINUTES) late.push(row)
      }

      const airport = Uint8Array.from(flights.keys())
      const summary = { day: new Uint8Array(airportCount).fill(day), airport, flights, minutes }
      tx.upsert('summary', tableFromArrays(summary), { on: ['day', 'airport'] })

      const numbers = tx.column(['flights', day], 'flight').values
      const lateRows = {
        day: new Uint8Array(late.length).fill(day),
        flight: Int32Array.from(late, (row) => numbers[row]),
      }
      tx.append('late', tableFromArrays(lateRows))
    })
  }
}

import { record } from 'khonsu'

/** What is kept of one station. Every thread that uses the key imports the same codec. */
export const summary = record({
  count: 'uint32',
  sum: 'float64',
  least: 'int32',
  greatest: 'int32',
})

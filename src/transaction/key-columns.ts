import { InvalidOptionError } from '../errors/store-errors.ts'

/** Names of the columns by whose values rows are told apart. */
export type KeyColumns = string | readonly string[]

/** The key column where nothing is said. */
export const DEFAULT_KEY_COLUMN = 'id'

/** The names of key columns as a list. @throws {InvalidOptionError} when they are none. */
export function columnNames(given: KeyColumns, option = 'appendOn'): readonly string[] {
  const names = typeof given === 'string' ? [given] : given
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string')
  if (isList && names.length > 0) return names
  const accepted = 'the name of a column, or a list of names'
  throw new InvalidOptionError({ option, given, accepted })
}

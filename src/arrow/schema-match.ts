import type { Data, Field, RecordBatch } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { pathSegment } from './column-path.ts'
import { isSameType } from './type-text.ts'

/**
 * Whether a batch has the fields of another: the same names and types in the same order, and no nulls
 * where the other allows none. Metadata does not count.
 *
 * @throws {ValueNotAcceptableError} naming the first field that differs.
 */
export function requireSameFields(base: RecordBatch, other: RecordBatch): void {
  const expected: readonly Field[] = base.schema.fields
  const fields: readonly Field[] = other.schema.fields
  for (const [i, field] of expected.entries()) {
    const found = fields[i]
    if (found === undefined) throw mismatch(field.name, 'it is missing here')
    if (found.name !== field.name) {
      throw mismatch(found.name, `the field ${JSON.stringify(field.name)} is expected in its place`)
    }
    if (!isSameType(found.type, field.type)) {
      const why = `it has the type ${found.type} where ${field.type} is expected; see alignBatch`
      throw mismatch(field.name, why)
    }
    const { nullCount } = other.data.children[i] as Data
    if (!field.nullable && found.nullable && nullCount > 0) {
      throw mismatch(field.name, 'it holds nulls where none are allowed')
    }
  }
  const extra = fields[expected.length]
  if (extra !== undefined) throw mismatch(extra.name, 'there is no such field in the other batch')
}

/** The refusal of a field that is not as it is expected. */
export function mismatch(name: string, why: string): ValueNotAcceptableError {
  return new ValueNotAcceptableError({ path: `$${pathSegment(name)}`, why })
}

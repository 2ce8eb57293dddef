import {
  type DataType,
  Float64,
  Int64,
  type RecordBatch,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { recordBatchOf, VALUE_COLUMN } from './record-batch.ts'

/** What a set can have as its members; all of one type. */
export type Member = string | number | bigint

const TYPE_OF: Readonly<Record<string, () => DataType>> = {
  string: () => new Utf8(),
  number: () => new Float64(),
  bigint: () => new Int64(),
}

/**
 * Members of a set as a batch of one column.
 * @throws {ValueNotAcceptableError} with the index of the first one that is none, or of another type.
 */
export function memberBatch(members: readonly Member[]): RecordBatch {
  const kind = typeof members[0]
  const typeOf = TYPE_OF[kind]
  const wrong = members.findIndex((member) => typeof member !== kind || typeOf === undefined)
  if (wrong >= 0 || typeOf === undefined) {
    const why =
      `it is ${describeValue(members[wrong])}; the members of a set are strings, numbers or bigints, ` +
      'and all of one type'
    throw new ValueNotAcceptableError({ path: `$[${wrong}]`, why })
  }
  const outside = members.findIndex(
    (member) => typeof member === 'bigint' && BigInt.asIntN(64, member) !== member,
  )
  if (outside >= 0) {
    throw new ValueNotAcceptableError({ path: `$[${outside}]`, why: 'it has more than 64 bits' })
  }
  return recordBatchOf(vectorFromArray(members, typeOf()) as Vector)
}

/**
 * The members of a set that `memberBatch` has made.
 * @throws {ValueNotAcceptableError} when it is another batch.
 */
export function membersOf(batch: RecordBatch): Set<Member> {
  const [field, ...others] = batch.schema.fields
  if (field?.name !== VALUE_COLUMN || others.length > 0) {
    const why = 'the key holds a batch that is no set; read it with get'
    throw new ValueNotAcceptableError({ path: '$', why })
  }
  return new Set(batch.getChildAt(0) as Iterable<Member>)
}

import type { Data, Dictionary, Vector } from 'apache-arrow'
import { ValueNotAcceptableError } from '../../errors/data-errors.ts'
import { soundSchemaOf } from '../batch-plan.ts'
import { type ColumnLayout, columnLayoutOf } from '../column-layout.ts'
import { pathSegment } from '../column-path.ts'
import { isKeyType, keyForms } from '../keys/key-forms.ts'
import { NULL_ID, valueIds } from '../keys/value-ids.ts'
import { recordBatchOf } from '../record-batch.ts'
import { gatherValues } from './gather-batch.ts'
import { Runs } from './runs.ts'
import { SLICE_COUNT, type Steps } from './steps.ts'

/** One dictionary for columns that had several. */
export interface DictionaryUnion {
  readonly dictionary: Vector
  /** For each column the place of each of its old values; undefined when no index changes. */
  readonly positions: readonly Int32Array[] | undefined
}

const BYTE_BITS = 8

/**
 * The dictionary of the first column, with the values of others that it does not hold behind its
 * own. It is the same object when there are none. Values of nested types are not compared: those of
 * another dictionary are all new.
 *
 * @throws {ValueNotAcceptableError} when the indices have too few bits for all values.
 */
export function* uniteDictionaries(
  layout: ColumnLayout,
  sources: readonly Data[],
): Steps<DictionaryUnion> {
  const numbers = new Map<Vector, number>()
  for (const { dictionary } of sources) {
    if (dictionary !== undefined && !numbers.has(dictionary)) numbers.set(dictionary, numbers.size)
  }
  const distinct = [...numbers.keys()]
  const [first] = distinct
  if (first !== undefined && distinct.length === 1)
    return { dictionary: first, positions: undefined }
  const valueLayout = columnLayoutOf({ name: '', type: (layout.type as Dictionary).dictionary })
  const values: Data[] = []
  for (const dictionary of distinct) {
    const batch = recordBatchOf(dictionary)
    soundSchemaOf(batch)
    values.push(batch.data.children[0] as Data)
    yield
  }
  const { added, places } = isKeyType(valueLayout.type)
    ? yield* placeByValue(valueLayout, values)
    : yield* placeBehind(values)
  const length = (values[0]?.length ?? 0) + added.total
  requireIndexWidth(layout, length)
  const positions = sources.map(({ dictionary }) => {
    return dictionary === undefined
      ? NO_PLACES
      : (places[numbers.get(dictionary) as number] as Int32Array)
  })
  if (added.total === 0) return { dictionary: first as Vector, positions }
  const runs = new Runs()
  runs.add(0, 0, (values[0] as Data).length)
  for (let run = 0; run < added.count; run++) {
    runs.add(added.source[run] as number, added.start[run] as number, added.length[run] as number)
  }
  return { dictionary: yield* gatherValues(valueLayout.type, values, runs), positions }
}

const NO_PLACES = new Int32Array(0)

interface Placement {
  /** What comes behind the values of the first dictionary. */
  readonly added: Runs
  readonly places: readonly Int32Array[]
}

function* placeByValue(layout: ColumnLayout, values: readonly Data[]): Steps<Placement> {
  const { ids, count, sources, rows } = yield* valueIds(yield* keyForms(layout, values), values)
  const added = new Runs()
  const firstLength = (values[0] as Data).length
  const placeOf = new Int32Array(count)
  for (let id = 0; id < count; id++) {
    const source = sources[id] as number
    const row = rows[id] as number
    placeOf[id] = source === 0 ? row : firstLength + added.total
    if (source !== 0) added.add(source, row, 1)
    if (id % SLICE_COUNT === 0) yield
  }
  let placeOfNull = ids[0]?.indexOf(NULL_ID) ?? -1
  const places: Int32Array[] = []
  for (const [source, own] of ids.entries()) {
    const place = new Int32Array(own.length)
    for (let row = 0; row < own.length; row++) {
      if (row % SLICE_COUNT === 0) yield
      const id = own[row] as number
      if (id === NULL_ID && placeOfNull < 0) {
        placeOfNull = firstLength + added.total
        added.add(source, row, 1)
      }
      // The first dictionary keeps values that it has twice.
      place[row] = source === 0 ? row : id === NULL_ID ? placeOfNull : (placeOf[id] as number)
    }
    places.push(place)
  }
  return { added, places }
}

function* placeBehind(values: readonly Data[]): Steps<Placement> {
  const added = new Runs()
  const firstLength = (values[0] as Data).length
  const places: Int32Array[] = []
  for (const [source, { length }] of values.entries()) {
    const place = new Int32Array(length)
    const base = source === 0 ? 0 : firstLength + added.total
    if (source !== 0 && length > 0) added.add(source, 0, length)
    for (let row = 0; row < length; row++) {
      place[row] = base + row
      if (row % SLICE_COUNT === 0) yield
    }
    places.push(place)
  }
  return { added, places }
}

function requireIndexWidth({ type, name, width }: ColumnLayout, length: number): void {
  const { indices } = type as Dictionary
  const limit = 2 ** (width * BYTE_BITS - (indices.isSigned ? 1 : 0))
  if (length <= limit) return
  throw new ValueNotAcceptableError({
    path: `$${pathSegment(name)}`,
    why:
      `its dictionaries hold ${length} values together, more than indices of the type ${indices} ` +
      'can tell apart; use wider ones',
  })
}

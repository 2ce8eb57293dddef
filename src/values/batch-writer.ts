import type { Vector } from 'apache-arrow'
import { ROWS_APPENDED } from '../../native-layout/batch-descriptor.ts'
import type { BatchPlan, Steps } from '../arrow/batch-codec.ts'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import type { Place } from '../memory/arena.ts'
import { arrowCodec, type Tabular } from './arrow-codec.ts'
import { type BatchBlocks, keysLength } from './batch-blocks.ts'

/** A chunk, and what tells it from others that had its handle. */
export interface ChunkName {
  readonly handle: number
  readonly id: number
}

/** What the rows of a batch are for when it is added to another one. */
export interface RowsMeaning {
  /** A ROWS_ code. */
  readonly rows: number
  /** Names of the key columns. */
  readonly on: readonly string[]
}

const NOTHING: readonly number[] = []

/** Rows that are put behind others. */
export const PLAIN_ROWS: RowsMeaning = { rows: ROWS_APPENDED, on: [] }

/** A batch whose body is being filled. Nobody else can find it. */
interface PendingBatch {
  /** Where the body goes. */
  readonly body: Place
  /** Writes the header, once the body is filled: the handle of the block, with one reference. */
  finish(): number
  /** Gives the memory back. */
  discard(): void
}

/** Writes batches, and the schemas and dictionaries that they refer to, into shared memory. */
export class BatchWriter {
  readonly #blocks: BatchBlocks
  /** By the bytes of a schema, which the codec keeps for each schema object. */
  readonly #schemas = new WeakMap<Uint8Array, ChunkName>()
  readonly #dictionaries = new WeakMap<Vector, ChunkName>()
  /** What the last batch needed that there was no room for. */
  refusedLengthBytes = 0

  constructor(blocks: BatchBlocks) {
    this.#blocks = blocks
  }

  /**
   * Writes a batch: the handle of its block, whose one reference is the caller's; 0 when there is no room.
   * @throws {ValueNotAcceptableError} with the path of what cannot be stored. Nothing is left behind.
   */
  write(value: Tabular, meaning: RowsMeaning = PLAIN_ROWS): number {
    const { planBatch, recordBatchOf, writeBody } = arrowCodec()
    const plan = planBatch(recordBatchOf(value))
    const pending = this.#begin(plan, meaning)
    if (pending === undefined) return 0
    try {
      writeBody(plan, pending.body.bytes, pending.body.at)
    } catch (error) {
      pending.discard()
      throw error
    }
    return pending.finish()
  }

  /** Takes memory for a batch; undefined when there is no room. Errors as in `write`. */
  #begin(plan: BatchPlan, meaning: RowsMeaning): PendingBatch | undefined {
    const { kernel } = this.#blocks.arena
    const keys = meaning.on.length === 0 ? NOTHING : meaning.on.map((name) => keyIndex(plan, name))
    const held = this.#holdAll(plan)
    if (held === undefined) return undefined
    const length = plan.headerLength + keysLength(keys.length)
    const address = kernel.takeBatch(length, plan.bodyLength) >>> 0
    if (address === 0) {
      this.#dropAll(held)
      this.refusedLengthBytes = length + plan.bodyLength
      return undefined
    }
    const block = this.#blocks.handleAt(address)
    return {
      body: this.#blocks.bodyOf(block),
      finish: () => this.#finish(plan, block, held, meaning.rows, keys),
      discard: () => {
        this.#dropAll(held)
        kernel.dropChunk(this.#blocks.chunkOf(block))
      },
    }
  }

  /**
   * Writes a batch that `fill` fills the body of, in slices; the rest as `write`. Work that is given up
   * leaves nothing behind.
   */
  *writeInSteps(
    plan: BatchPlan,
    meaning: RowsMeaning,
    fill: (body: Place) => Steps,
  ): Steps<number> {
    const dictionaries: number[] = []
    let pending: PendingBatch | undefined
    try {
      for (const vector of plan.dictionaries) {
        const known = this.#holdKnown(vector)
        const handle = known !== 0 ? known : yield* this.#writeDictionary(vector)
        if (handle === 0) return 0
        dictionaries.push(handle)
      }
      pending = this.#begin(plan, meaning)
      if (pending === undefined) return 0
      yield* fill(pending.body)
      const block = pending.finish()
      pending = undefined
      return block
    } finally {
      pending?.discard()
      this.#dropAll(dictionaries)
    }
  }

  /** Has the dictionary of a chunk that somebody holds be referred to when it is written again. */
  rememberDictionary(vector: Vector, name: ChunkName): void {
    this.#dictionaries.set(vector, name)
  }

  #finish(
    plan: BatchPlan,
    block: number,
    held: readonly number[],
    rows: number,
    keys: readonly number[],
  ): number {
    const { dictionaryHandlesAt, writeHeader } = arrowCodec()
    const { u32 } = this.#blocks.arena
    const header = this.#blocks.headerOf(block)
    const dictionaryCount = held.length - 1
    writeHeader(plan, u32, header, dictionaryCount === 0 ? NOTHING : held.slice(1))
    this.#blocks.fill(block, {
      rowCount: plan.rowCount,
      schema: held[0] as number,
      dictionaries: dictionaryCount === 0 ? 0 : dictionaryHandlesAt(u32, header),
      dictionaryCount,
      rows,
      keys,
      headerLength: plan.headerLength,
    })
    return block
  }

  /** One more reference to the schema and to each dictionary, in this order; undefined: there is no room. */
  #holdAll(plan: BatchPlan): number[] | undefined {
    const held: number[] = []
    try {
      held.push(this.#holdSchema(plan))
      for (const vector of plan.dictionaries) {
        if (held.at(-1) === 0) break
        held.push(this.#holdDictionary(vector))
      }
      if (held.at(-1) !== 0) return held
      held.pop()
      this.#dropAll(held)
      return undefined
    } catch (error) {
      this.#dropAll(held)
      throw error
    }
  }

  #dropAll(held: readonly number[]): void {
    for (const handle of held) this.#blocks.arena.kernel.dropChunk(handle)
  }

  #holdSchema({ schemaBytes, fingerprint }: BatchPlan): number {
    const { kernel, bytes } = this.#blocks.arena
    const known = this.#schemas.get(schemaBytes)
    if (known !== undefined && kernel.holdChunk(known.handle, known.id) !== 0) return known.handle
    const payload = kernel.takeData(schemaBytes.length) >>> 0
    if (payload === 0) return 0
    bytes.set(schemaBytes, payload)
    const handle = kernel.registerSchema(payload, fingerprint) >>> 0
    if (handle !== 0) this.#schemas.set(schemaBytes, { handle, id: kernel.chunkId(handle) })
    return handle
  }

  #holdDictionary(vector: Vector): number {
    const known = this.#holdKnown(vector)
    return known !== 0 ? known : this.#remember(vector, this.write(vector))
  }

  /** One more reference to a dictionary that is in shared memory; 0 when it is not. */
  #holdKnown(vector: Vector): number {
    const known = this.#dictionaries.get(vector)
    if (known === undefined) return 0
    return this.#blocks.arena.kernel.holdChunk(known.handle, known.id) !== 0 ? known.handle : 0
  }

  *#writeDictionary(vector: Vector): Steps<number> {
    const { planBatch, recordBatchOf, writeBodyInSteps } = arrowCodec()
    const plan = planBatch(recordBatchOf(vector))
    yield
    const fill = ({ bytes, at }: Place): Steps => writeBodyInSteps(plan, bytes, at)
    return this.#remember(vector, yield* this.writeInSteps(plan, PLAIN_ROWS, fill))
  }

  /** The chunk of a dictionary that has been written to this block; 0 when there was no room. */
  #remember(vector: Vector, block: number): number {
    if (block === 0) return 0
    const handle = this.#blocks.chunkOf(block)
    this.#dictionaries.set(vector, { handle, id: this.#blocks.arena.kernel.chunkId(handle) })
    return handle
  }
}

function keyIndex({ schema }: BatchPlan, name: string): number {
  const index = schema.fields.findIndex((field) => field.name === name)
  if (index >= 0) return index
  const names = schema.fields.map((field) => field.name).join(', ')
  const why = `there is no column ${name}, which is to hold its keys; it has ${names || 'none'}`
  throw new ValueNotAcceptableError({ path: `$.${name}`, why })
}

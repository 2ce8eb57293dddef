/** What an update that the kernel has refused has met. */
import { SLOT_VALUE_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  TAG_ADD,
  TAG_APPEND,
  TAG_BATCH,
  TAG_BIGINT,
  TAG_BOOLEAN,
  TAG_BYTES,
  TAG_JSON_LATIN1,
  TAG_JSON_UTF16,
  TAG_MAX,
  TAG_MIN,
  TAG_NULL,
  TAG_NUMBER,
  TAG_RECORD,
  TAG_STRING_LATIN1,
  TAG_STRING_UTF16,
} from '../../native-layout/status-codes.ts'
import { TAG_MASK } from '../../native-layout/word-descriptor.ts'
import { UpdateRefusedError } from '../errors/data-errors.ts'
import type { Arena } from '../memory/arena.ts'
import type { Key } from '../values/key.ts'

const CALL_OF_TAG: ReadonlyMap<number, string> = new Map([
  [TAG_ADD, 'add'],
  [TAG_MAX, 'max'],
  [TAG_MIN, 'min'],
  [TAG_APPEND, 'append'],
])

const NAME_OF_TAG: ReadonlyMap<number, string> = new Map([
  [TAG_NUMBER, 'number'],
  [TAG_BIGINT, 'bigint'],
  [TAG_BOOLEAN, 'boolean'],
  [TAG_NULL, 'null'],
  [TAG_STRING_LATIN1, 'string'],
  [TAG_STRING_UTF16, 'string'],
  [TAG_BYTES, 'bytes'],
  [TAG_JSON_LATIN1, 'JSON'],
  [TAG_JSON_UTF16, 'JSON'],
  [TAG_RECORD, 'record'],
  [TAG_BATCH, 'batch of another schema'],
])

/** The error of an update of this key that the kernel has just refused in a slot. */
export function refusedUpdate(
  arena: Arena,
  slot: number,
  key: Key | undefined,
): UpdateRefusedError {
  const said = arena.u32[(slot + SLOT_VALUE_OFFSET) >>> 2] as number
  const tag = said >>> 8
  return new UpdateRefusedError({
    call: CALL_OF_TAG.get(tag & ~1) ?? 'an update',
    key,
    met: NAME_OF_TAG.get(said & TAG_MASK) ?? 'a value of another type',
    operand: tag >= TAG_APPEND ? 'batch' : (tag & 1) === 0 ? 'number' : 'bigint',
  })
}

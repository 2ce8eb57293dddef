import { KhonsuError, type KhonsuErrorCode } from './khonsu-error.ts'

/** What stands in the way of an import or an export of Arrow IPC. */
export type IpcFault =
  | 'damaged'
  | 'foreign'
  | 'missing'
  | 'truncated'
  | 'unreadable'
  | 'unsupported'
  | 'unwritable'

const CODE_OF_FAULT: Readonly<Record<IpcFault, KhonsuErrorCode>> = {
  damaged: 'KHONSU_IPC_DAMAGED',
  foreign: 'KHONSU_IPC_FOREIGN',
  missing: 'KHONSU_IPC_MISSING',
  truncated: 'KHONSU_IPC_TRUNCATED',
  unreadable: 'KHONSU_IPC_UNREADABLE',
  unsupported: 'KHONSU_IPC_UNSUPPORTED',
  unwritable: 'KHONSU_IPC_UNWRITABLE',
}

const REMEDY: Readonly<Record<IpcFault, string>> = {
  damaged: 'Have it written again',
  foreign: 'Give a stream or a file of Arrow IPC',
  missing: 'Give a key that has a batch',
  truncated: 'Give all of it',
  unreadable: 'Check the path, its permissions, and what the stream is made of',
  unsupported: 'Have it written without that',
  unwritable: 'Check the path, its permissions and the room on the disk',
}

/** What is wrong, and where. */
export interface IpcFaultPlace {
  readonly fault: IpcFault
  /** The path, or what else was read or written. */
  readonly place: string
  /** The byte at which it was found; undefined where there is no such place. */
  readonly offset?: number | undefined
  /** Without a full stop. */
  readonly why: string
  /** Rows that were committed before. */
  readonly rows?: number | undefined
}

/**
 * Arrow IPC cannot be read or written: `fault` says how, `place` and `offset` where. An import that adds
 * rows has committed the first `rows` of them; everything else has changed nothing.
 * A retry does not help: the message says what does.
 */
export class IpcError extends KhonsuError {
  static {
    IpcError.prototype.name = 'IpcError'
  }

  readonly fault: IpcFault
  readonly place: string
  readonly offset: number | undefined
  readonly why: string
  readonly rows: number

  constructor({ fault, place, offset, why, rows = 0 }: IpcFaultPlace, options?: ErrorOptions) {
    const where = offset === undefined ? place : `${place}, byte ${offset}`
    const done = rows === 0 ? '' : ` ${rows} rows were added before.`
    super(CODE_OF_FAULT[fault], false, `${where}: ${why}. ${REMEDY[fault]}.${done}`, options)
    this.fault = fault
    this.place = place
    this.offset = offset
    this.why = why
    this.rows = rows
  }
}

import { KhonsuError, type KhonsuErrorCode } from './khonsu-error.ts'

/** What is wrong with a file of a history. */
export type HistoryFault =
  | 'damaged'
  | 'foreign'
  | 'mismatch'
  | 'truncated'
  | 'unexportable'
  | 'unreadable'

const CODE_OF_FAULT: Readonly<Record<HistoryFault, KhonsuErrorCode>> = {
  damaged: 'KHONSU_HISTORY_DAMAGED',
  foreign: 'KHONSU_HISTORY_FOREIGN',
  mismatch: 'KHONSU_HISTORY_MISMATCH',
  truncated: 'KHONSU_HISTORY_TRUNCATED',
  unexportable: 'KHONSU_HISTORY_UNEXPORTABLE',
  unreadable: 'KHONSU_HISTORY_UNREADABLE',
}

const REMEDY: Readonly<Record<HistoryFault, string>> = {
  damaged: 'Record the run again, and leave the files as they are',
  foreign: 'Give a file that a recorder of this version of Khonsu wrote',
  mismatch: 'Check the files of one run together, each of them once',
  truncated:
    'Close the recorder before its thread ends; to check what there is, allow partial files ' +
    '(khonsu check --partial)',
  unexportable: 'Export a run that only appends to lists, or only writes single values',
  unreadable: 'Check the path, its permissions and the room on the disk',
}

/**
 * A file of a history cannot be used: `fault` says how, `line` where.
 * A retry does not help: the message says what does.
 */
export class HistoryFileError extends KhonsuError {
  static {
    HistoryFileError.prototype.name = 'HistoryFileError'
  }

  readonly fault: HistoryFault
  readonly file: string
  /** Number of the line, from 1; undefined when the fault is in no single line. */
  readonly line: number | undefined
  readonly why: string

  constructor(
    found: {
      readonly fault: HistoryFault
      readonly file: string
      readonly line?: number | undefined
      /** Without a full stop. */
      readonly why: string
    },
    options?: ErrorOptions,
  ) {
    const { fault, file, line, why } = found
    const where = line === undefined ? file : `${file}:${line}`
    super(CODE_OF_FAULT[fault], false, `${where}: ${why}. ${REMEDY[fault]}.`, options)
    this.fault = fault
    this.file = file
    this.line = line
    this.why = why
  }
}

/** Programs of the explorer: a thread is a list of statements, written as text. */
import { ROWS_APPENDED, ROWS_DELETED } from '../../native-layout/batch-descriptor.ts'
import {
  MODE_CLOSED,
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_FAIL,
  MODE_CONFLICT_IGNORE,
  MODE_CONFLICT_REPLACE,
  MODE_JUDGEABLE,
  MODE_READ_COMMITTED,
  MODE_REPEATABLE_READ,
  MODE_SERIALIZABLE,
} from '../../native-layout/slot-descriptor.ts'

/** What a transaction writes: a number, or a variable plus a number; in the cell or in a block. */
export interface Operand {
  /** Index of the observation to add to, or -1. */
  readonly variable: number
  readonly number: number
  readonly isBlock: boolean
}

/** Where a statement finds its cell: by a handle made beforehand, or by the key when it runs. */
export interface Place {
  /** Index in the names of keys. */
  readonly key: number
  readonly by: 'handle' | 'stale handle' | 'key'
}

/** The updates of numbers that commute, and `sum`: a write that is merged by adding, too. */
export type UpdateCall = 'add' | 'max' | 'min' | 'sum'

/** What is done with the rows of a batch. */
export type RowsCall = 'write' | 'append' | 'drop'

/** One statement, compiled: names are indices. */
export type Statement =
  | { readonly kind: 'begin'; readonly transaction: number; readonly mode: number }
  | {
      readonly kind: 'read'
      readonly transaction: number
      readonly place: Place
      readonly variable: number
    }
  | {
      readonly kind: 'write'
      readonly transaction: number
      readonly place: Place
      readonly operand: Operand
    }
  | {
      readonly kind: 'change'
      readonly transaction: number
      readonly place: Place
      readonly variable: number
      readonly number: number
    }
  | {
      readonly kind: 'update'
      readonly call: UpdateCall
      readonly transaction: number
      readonly place: Place
      readonly number: number
    }
  | {
      readonly kind: 'rows'
      readonly call: RowsCall
      readonly transaction: number
      readonly place: Place
      readonly rows: readonly number[]
      /** One letter, or nothing. */
      readonly schema: string
    }
  | {
      readonly kind: 'merge' | 'swap'
      /** The one by whose name it can be revoked, or -1. */
      readonly transaction: number
      readonly place: Place
      /** Batches that become one, or 0 for all. */
      readonly count: number
    }
  | {
      readonly kind: 'keep' | 'handle'
      readonly transaction: number
      readonly place: Place
      readonly pin: number
    }
  | { readonly kind: 'look'; readonly pin: number; readonly variable: number }
  | { readonly kind: 'release'; readonly pin: number }
  | { readonly kind: 'open'; readonly handle: number; readonly pin: number }
  | { readonly kind: 'unpin' }
  | { readonly kind: 'delete'; readonly transaction: number; readonly place: Place }
  /** Of the keys from one name to another, both included. */
  | {
      readonly kind: 'scan'
      readonly transaction: number
      readonly from: string
      readonly to: string
      readonly isReverse: boolean
      /** It is that of a transaction which only reads. */
      readonly isReader: boolean
      readonly variable: number
    }
  | { readonly kind: 'commit' | 'try' | 'rollback' | 'revoke'; readonly transaction: number }
  | { readonly kind: 'find' | 'make'; readonly key: number; readonly variable: number }
  | { readonly kind: 'horizon' | 'collect' }
  /** Of one key's cell, or of all with a key of -1. */
  | { readonly kind: 'sweep'; readonly key: number; readonly takesUnborn: boolean }
  | { readonly kind: 'recover'; readonly thread: number }

/** The names that the statements of all threads share, by index. */
export interface Names {
  readonly keys: string[]
  readonly transactions: string[]
  readonly variables: string[]
  readonly pins: string[]
  readonly threads: readonly string[]
}

const MODE_WORDS: Readonly<Record<string, readonly [mask: number, bits: number]>> = {
  'read-committed': [3, MODE_READ_COMMITTED],
  'repeatable-read': [3, MODE_REPEATABLE_READ],
  serializable: [3, MODE_SERIALIZABLE],
  closed: [0, MODE_CLOSED],
  judgeable: [0, MODE_CLOSED | MODE_JUDGEABLE],
  fail: [0, MODE_CONFLICT_FAIL],
  ignore: [0, MODE_CONFLICT_IGNORE],
  replace: [0, MODE_CONFLICT_REPLACE],
  append: [0, MODE_CONFLICT_APPEND],
}

const OPERAND = /^(?<block>#)?(?:(?<variable>[a-z]\w*)(?<plus>[+-]\d+)?|(?<number>-?\d+))$/

const ROWS = /^\[(?<digits>\d*)\](?<schema>[a-z]?)$/

function indexIn(names: string[], name: string): number {
  const known = names.indexOf(name)
  return known === -1 ? names.push(name) - 1 : known
}

class Parser {
  readonly #names: Names
  #transaction = -1

  constructor(names: Names) {
    this.#names = names
  }

  statement(text: string, thread: string): Statement {
    const words = text.trim().split(/\s+/)
    const [, named, verb = ''] = /^(?:(\w+)\.)?(\w+)$/.exec(words[0] ?? '') ?? []
    if (named !== undefined) this.#transaction = indexIn(this.#names.transactions, named)
    switch (verb) {
      case 'begin':
        if (named === undefined) this.#transaction = indexIn(this.#names.transactions, thread)
        return { kind: verb, transaction: this.#open(text), mode: modeOf(words.slice(1), text) }
      case 'commit':
      case 'try':
      case 'rollback':
        return { kind: verb, transaction: this.#open(text) }
      case 'revoke': {
        const transaction = indexIn(this.#names.transactions, this.#word(words, 1, text))
        return { kind: verb, transaction }
      }
      case 'horizon':
      case 'collect':
      case 'unpin':
        return { kind: verb }
      case 'merge':
      case 'swap':
        return this.#merge(words, text, verb, named === undefined ? -1 : this.#transaction)
      case 'look': {
        const variable = this.#variable(words, text)
        return { kind: verb, pin: this.#pin(words, 1, text), variable }
      }
      case 'release':
        return { kind: verb, pin: this.#pin(words, 1, text) }
      case 'open':
        return { kind: verb, handle: this.#pin(words, 1, text), pin: this.#pin(words, 2, text) }
      case 'scan':
      case 'rscan':
      case 'view':
        return this.#scan(words, text, verb)
      case 'sweep':
        return this.#sweep(words.slice(1))
      case 'recover': {
        const other = this.#names.threads.indexOf(this.#word(words, 1, text))
        if (other === -1) throw new Error(`No thread of that name: ${text}`)
        return { kind: verb, thread: other }
      }
      default:
        return this.#access(verb, words, text)
    }
  }

  #access(verb: string, words: readonly string[], text: string): Statement {
    const key = indexIn(this.#names.keys, this.#word(words, 1, text).replace(/^(?:old|key):/, ''))
    const isStale = words[1]?.startsWith('old:')
    const place = (by: Place['by']): Place => ({ key, by: isStale ? 'stale handle' : by })
    switch (verb) {
      case 'find':
      case 'make':
        return { kind: verb, key, variable: this.#variable(words, text) }
      case 'read':
      case 'get': {
        const variable = this.#variable(words, text)
        const by = verb === 'get' ? 'key' : 'handle'
        return { kind: 'read', transaction: this.#open(text), place: place(by), variable }
      }
      case 'keep':
      case 'handle': {
        const pin = this.#pin(words, 2, text)
        return { kind: verb, transaction: this.#open(text), place: place('handle'), pin }
      }
      case 'append':
      case 'drop': {
        const by = words[1]?.startsWith('key:') ? 'key' : 'handle'
        return this.#rows(words, text, verb, place(by))
      }
      case 'write':
      case 'put': {
        if (words[2]?.startsWith('[')) {
          return this.#rows(words, text, 'write', place(verb === 'put' ? 'key' : 'handle'))
        }
        const operand = this.#operand(this.#word(words, 2, text), text)
        const by = verb === 'put' ? 'key' : 'handle'
        return { kind: 'write', transaction: this.#open(text), place: place(by), operand }
      }
      case 'add':
      case 'max':
      case 'min':
      case 'sum': {
        const number = Number(this.#word(words, 2, text))
        if (!Number.isInteger(number)) throw new Error(`No value: ${text}`)
        const by = words[1]?.startsWith('key:') ? 'key' : 'handle'
        const to = { transaction: this.#open(text), place: place(by), number }
        return { kind: 'update', call: verb, ...to }
      }
      case 'change': {
        const number = Number(this.#word(words, 2, text))
        if (!Number.isInteger(number)) throw new Error(`No value: ${text}`)
        const variable = this.#variable(words.toSpliced(2, 1), text)
        const from = { transaction: this.#open(text), place: place('handle') }
        return { kind: verb, ...from, variable, number }
      }
      case 'delete':
        return { kind: verb, transaction: this.#open(text), place: place('handle') }
      default:
        throw new Error(`No such statement: ${text}`)
    }
  }

  #scan(words: readonly string[], text: string, verb: string): Statement {
    const [from, to] = this.#word(words, 1, text).split('..')
    if (from === undefined || to === undefined) throw new Error(`Say from..to: ${text}`)
    const variable = this.#variable(words, text)
    const place = { transaction: this.#open(text), from, to, variable }
    return { kind: 'scan', ...place, isReverse: verb === 'rscan', isReader: verb === 'view' }
  }

  #sweep(words: readonly string[]): Statement {
    const [key] = words.filter((word) => word !== 'unborn')
    const index = key === undefined ? -1 : indexIn(this.#names.keys, key)
    return { kind: 'sweep', key: index, takesUnborn: words.includes('unborn') }
  }

  #rows(words: readonly string[], text: string, call: RowsCall, place: Place): Statement {
    const transaction = this.#open(text)
    return { kind: 'rows', call, transaction, place, ...rowsIn(this.#word(words, 2, text)) }
  }

  #merge(
    words: readonly string[],
    text: string,
    kind: 'merge' | 'swap',
    transaction: number,
  ): Statement {
    const key = indexIn(this.#names.keys, this.#word(words, 1, text))
    return { kind, transaction, place: { key, by: 'handle' }, count: Number(words[2] ?? 0) }
  }

  #pin(words: readonly string[], at: number, text: string): number {
    return indexIn(this.#names.pins, this.#word(words, at, text))
  }

  #open(text: string): number {
    if (this.#transaction === -1) throw new Error(`No transaction has begun: ${text}`)
    return this.#transaction
  }

  #word(words: readonly string[], at: number, text: string): string {
    const word = words[at]
    if (word === undefined) throw new Error(`Something is missing: ${text}`)
    return word
  }

  #variable(words: readonly string[], text: string): number {
    if (words[2] !== '->') throw new Error(`Say "-> name" for what is read: ${text}`)
    return indexIn(this.#names.variables, this.#word(words, 3, text))
  }

  #operand(word: string, text: string): Operand {
    const groups = OPERAND.exec(word)?.groups
    if (groups === undefined) throw new Error(`No value: ${text}`)
    const { block, variable, plus, number } = groups
    const isBlock = block !== undefined
    if (variable === undefined) return { variable: -1, number: Number(number), isBlock }
    const known = this.#names.variables.indexOf(variable)
    if (known === -1) throw new Error(`${variable} was not read before: ${text}`)
    return { variable: known, number: Number(plus ?? 0), isBlock }
  }
}

/** The rows of a batch that is written as `[12]s`: the rows 1 and 2, of the schema s. */
export function rowsIn(text: string): { rows: readonly number[]; schema: string } {
  const groups = ROWS.exec(text)?.groups
  if (groups === undefined) throw new Error(`No rows: ${text}`)
  return { rows: Array.from(groups.digits as string, Number), schema: groups.schema as string }
}

/** The ROWS_ code of what is done with rows. */
export function meaningOf(call: RowsCall): number {
  return call === 'drop' ? ROWS_DELETED : ROWS_APPENDED
}

/** Rows with others behind them. */
export function addedRows(rows: readonly number[], added: readonly number[]): readonly number[] {
  return [...rows, ...added]
}

/** Rows without some. */
export function droppedRows(rows: readonly number[], gone: readonly number[]): readonly number[] {
  return rows.filter((row) => !gone.includes(row))
}

/** What is observed of rows: their digits, one behind the other; 0 of none. */
export function digitsOf(rows: readonly number[]): number {
  return rows.reduce((digits, row) => 10 * digits + row, 0)
}

/** The rows of which these are the digits. */
export function rowsOfDigits(digits: number): readonly number[] {
  return digits === 0 ? [] : Array.from(String(digits), Number)
}

/** What a scan that met so many keys with this sum of numbers has observed, in one number. */
export function scanDigest(sum: number, count: number): number {
  return sum * 1000 + count
}

function modeOf(words: readonly string[], text: string): number {
  let mode = MODE_SERIALIZABLE
  for (const word of words) {
    const bits = MODE_WORDS[word]
    if (bits === undefined) throw new Error(`No such mode: ${text}`)
    mode = (mode & ~bits[0]) | bits[1]
  }
  return mode
}

/**
 * Compiles the statements of one thread, which are separated by semicolons or line ends. New names
 * of keys, transactions and variables are added to `names`.
 * @throws {Error} that quotes the statement that makes no sense.
 */
export function parseProgram(text: string, thread: string, names: Names): Statement[] {
  const parser = new Parser(names)
  const parts = text.split(/[;\n]/).filter((part) => part.trim() !== '')
  return parts.map((part) => parser.statement(part, thread))
}

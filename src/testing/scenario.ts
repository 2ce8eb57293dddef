/** A program with what it may lead to. */
import { type Names, parseProgram, type Statement } from './program.ts'

/**
 * A small program of two to four threads, and the outcomes that are allowed.
 *
 * A thread is a list of statements, separated by semicolons or lines. `begin`, with the words of a
 * mode behind it (`serializable` unless said otherwise, `repeatable-read`, `read-committed`,
 * `closed`, `judgeable`, `ignore`, `replace`), opens the transaction that has the name of the thread; with
 * `T.begin` it has the name T, and statements that begin with `T.` belong to it. Then:
 *
 * - `read x -> a` reads a key through a handle made beforehand, `get x -> a` looks the key up;
 *   `read old:x -> a` uses a handle of the generation before;
 * - `write x 5`, `write x a+1` writes a number, `write x #5` a block; `put x 5` looks the key up;
 * - `add x 5`, `max x 5`, `min x 5` are the updates that commute; `add key:x 5` looks the key up;
 * - `change x 5 -> a` reads a block and adds to it, in place;
 * - `scan a..m -> s` meets the keys from a to m, in order, and observes the sum of their numbers times
 *   1000 plus how many there are; `rscan` does so in reverse;
 * - `write x [12]s` writes a batch with the rows 1 and 2 of the schema s (without a letter behind it: of
 *   none), whose rows have keys in a transaction with `append` behind its `begin`; `append x [3]` adds rows,
 *   `append key:x [3]` looks the key up, `drop x [2]` takes rows out; a batch is read as the digits of
 *   its rows;
 * - `merge x` makes one batch of all below the newest one of x, `merge x 2` of the first two of them,
 *   `swap x` of all; with a name, as in `M.merge x`, the snapshot that it needs can be revoked, and
 *   whether it has put something in place is observed as the end of M;
 * - `keep x p` pins the batch that is read, `look p -> a` reads it as long as it is pinned, `release p`,
 *   `unpin` takes all pins away, as when they are too old; `handle x h` makes a handle, and `open h p` pins what
 *   a handle names;
 * - `delete x`, `commit`, `rollback`; `try` commits, and leaves the transaction open when it has to wait;
 * - `find x -> a` looks a key up, `make x -> a` makes its cell, too, outside of any transaction;
 * - `horizon` computes the horizon and gives back what it lets go of the thread's retired blocks, and of
 *   the batches that it has replaced, `collect` of those of all threads,
 *   `sweep` sweeps all cells and `sweep x` the one that x had at the start, with `unborn` behind it
 *   also where nothing was ever committed, `revoke T` takes the right to its snapshot from a transaction,
 *   `recover A` waits until thread A has ended, and recovers it.
 */
export interface Scenario {
  /** One or a few words. */
  readonly name: string
  /** Statements by the name of the thread. */
  readonly threads: Readonly<Record<string, string>>
  /**
   * Keys that exist before, and their numbers; `#5` is a block, `[12]` a batch, null a cell without a
   * value.
   */
  readonly keys: Readonly<Record<string, number | `#${number}` | `[${string}` | null>>
  /** Statements that are done once, before. */
  readonly before?: string
  /**
   * The outcomes that are allowed: patterns as `A=ok B=aborted x=1`, where what is not named may be
   * anything. `serial`: every outcome that some order of the transactions, one after the other, has
   * too; an order that keeps what had ended before something else began, and in which transactions
   * that ended without their writes have read what was there. `serializable`: some order of those that
   * committed leads to it, whatever had ended before what; the others do not matter.
   */
  readonly allowed: 'serial' | 'serializable' | readonly string[]
  /** The threads that are ended, each before each of its accesses in turn. */
  readonly dying?: readonly string[]
  /** The index is full: the next new key makes it grow. */
  readonly fullIndex?: boolean
}

/** A scenario whose texts were read. */
export interface CompiledScenario {
  readonly scenario: Scenario
  readonly names: Names
  readonly programs: readonly (readonly Statement[])[]
  readonly before: readonly Statement[]
  /** Indices of the threads that die. */
  readonly dying: readonly number[]
  /** Transactions and variables of the threads; those behind them belong to `before`. */
  readonly transactionCount: number
  readonly variableCount: number
}

/**
 * Reads the texts of a scenario.
 * @throws {Error} that quotes what makes no sense.
 */
export function compileScenario(scenario: Scenario): CompiledScenario {
  const threads = Object.keys(scenario.threads)
  const names: Names = {
    keys: Object.keys(scenario.keys),
    transactions: [],
    variables: [],
    pins: [],
    threads,
  }
  const programs = Object.entries(scenario.threads).map(([thread, text]) =>
    parseProgram(text, thread, names),
  )
  const transactionCount = names.transactions.length
  const variableCount = names.variables.length
  const observed = [...names.transactions, ...names.variables, ...names.keys]
  const twice = observed.find((name, index) => observed.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`Two things are named ${twice}: ${scenario.name}`)
  const before = parseProgram(scenario.before ?? '', 'before', names)
  const dying = (scenario.dying ?? []).map((thread) => threads.indexOf(thread))
  if (dying.includes(-1)) throw new Error(`Nobody has the name of who dies: ${scenario.name}`)
  return { scenario, names, programs, before, dying, transactionCount, variableCount }
}

/** The most transactions that the statements have open at one time. */
export function openCount(statements: readonly Statement[]): number {
  let open = 0
  let most = 0
  for (const { kind } of statements) {
    if (kind === 'begin') open++
    else if (kind === 'commit' || kind === 'rollback') open--
    most = Math.max(most, open)
  }
  return most
}

/** Whether a scenario has batches. */
export function hasRows({ scenario, programs, before }: CompiledScenario): boolean {
  if (Object.values(scenario.keys).some((value) => String(value).startsWith('['))) return true
  return [...programs, before].some((statements) => statements.some(({ kind }) => kind === 'rows'))
}

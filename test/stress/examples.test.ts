/** The programs of examples/, run as a user runs them, and the code of the README. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const EXAMPLES = new URL('examples/', ROOT)
const PROGRAM_TIMEOUT_MS = 60_000

const execute = promisify(execFile)

/** By program: what it prints, line by line. */
const OUTPUTS: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'first.mjs': ['40000'],
  'tour.mjs': [
    'left: 70',
    '12 2',
    'price,10: 1',
    'price,20: 2',
    'dearest: price,30',
    '3 prices, the first one 1',
    'audited: true',
    '1 visit, 120',
    'committed: true, dropped: 0',
    '{"name":"Ada","tags":["a","b"],"born":null}',
    'KHONSU_VALUE_NOT_ACCEPTABLE at $.mean',
    /^\d+ commits, \d+ aborts$/,
    /^\d+ of 67108864 bytes claimed$/,
    'oldest snapshot: none',
    'together: 115',
  ],
  'bank.mjs': ['4 workers, 80000 transfers', 'total 100000, as at the beginning: true'],
  'checked-history.mjs': [
    '6000 transfers, as promised: true',
    'the doctors: repeatable-read',
    'G2-item, allowed at serializable: false',
    'T1 -rw-> T2 "bob"',
    'T2 -rw-> T1 "ann"',
  ],
  'counters.mjs': [
    ...['north', 'east', 'south', 'west'].map(
      (name) => new RegExp(`^${name}: \\d+ measurements, -20 to 40, mean \\d+\\.\\d$`),
    ),
    '15000 measurements; the sums agree: true',
  ],
  'document.mjs': [
    'day: version 300',
    'driver: version 300',
    'from: version 300',
    'guests: version 300',
    'title: Excursion',
    'to: version 300',
  ],
  'work-queue.mjs': [
    '60 jobs taken, 60 different ones, in order: true',
    'primes below 20000: 2262',
  ],
  'snapshot-reader.mjs': [
    'snapshots and writes happened: true',
    'snapshots that did not add up: 0',
    'its unfinished write is visible: false',
  ],
  'explicit-transaction.mjs': [
    'first committed: true',
    'second: write-conflict on seats, retryable: true',
    'seats left: 0',
    'dropped: seats',
    'seats 20, waiting 1',
  ],
  'arrow-files.mjs': [
    '117 minutes late',
    '5 rows came back',
    'now there are 10',
    'the same bytes: true',
    'KHONSU_IPC_TRUNCATED, and still 5 rows',
  ],
  'flight-batches.mjs': [
    'first: 60000 flights in 60 rows, 8700 of them late',
    'corrected: 57500 flights in 60 rows, 8337 of them late',
  ],
  'event-log.mjs': [
    'views that were whole: true',
    'views with a part of an entry: 0, out of order: 0',
    '3600 events of 1200 entries, attempts that failed: 0',
  ],
  'arquero.mjs': [
    'bread: 3000 sold for 12000',
    'cheese: 3000 sold for 14250',
    'tea: 3000 sold for 12000',
    'wine: 3000 sold for 15750',
    'the last sale has number 11999',
    'Arquero agrees: true',
  ],
  'duckdb.mjs': [
    'bread: 3000 sold for 12000, 600 of them given away',
    'cheese: 3000 sold for 14250, 0 of them given away',
    'tea: 3000 sold for 12000, 600 of them given away',
    'wine: 3000 sold for 15750, 0 of them given away',
    'DuckDB agrees: true',
  ],
}

/** DuckDB does not have a package for every platform; its example says so there. */
const HAS_DUCKDB = readdirSync(new URL('node_modules/@duckdb/', ROOT)).some((name) => {
  return name.startsWith(`node-bindings-${process.platform}-${process.arch}`)
})
const SKIPPED = [/^skipped: no DuckDB for \w+ on \w+$/]

function expectedOf(name: string): readonly (string | RegExp)[] {
  return name === 'duckdb.mjs' && !HAS_DUCKDB ? SKIPPED : (OUTPUTS[name] ?? [])
}

function exampleNames(): string[] {
  return readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))
}

/** Modules that programs load; everything else is a program. */
function isPart(name: string): boolean {
  return /-(worker|record)\.mjs$/.test(name)
}

/** Code as it stands inside of a function of an example. */
function indented(code: string): string {
  return code.replace(/^(?=.)/gm, '  ')
}

function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
}

describe('an example', () => {
  it('is listed here when it is a program', () => {
    const programs = exampleNames().filter((name) => !isPart(name))
    expect(programs.sort()).toEqual(Object.keys(OUTPUTS).sort())
  })

  it.each(Object.keys(OUTPUTS))('%s prints what it should', async (name) => {
    const program = fileURLToPath(new URL(name, EXAMPLES))
    const { stdout, stderr } = await execute(process.execPath, [program], {
      timeout: PROGRAM_TIMEOUT_MS,
    })
    expect(stderr).toBe('')
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toEqual(
      expectedOf(name).map((line) =>
        typeof line === 'string' ? line : expect.stringMatching(line),
      ),
    )
  })
})

describe('the README', () => {
  const readme = readFileSync(new URL('README.md', ROOT), 'utf8')
  const programs = exampleNames().map((name) => readFileSync(new URL(name, EXAMPLES), 'utf8'))

  it('shows only code that is in an example', () => {
    const blocks = codeBlocks(readme)
    expect(blocks.length).toBeGreaterThan(5)
    const foreign = blocks.filter(
      (code) => !programs.some((text) => text.includes(code) || text.includes(indented(code))),
    )
    expect(foreign).toEqual([])
  })

  it('begins with the two commands of the set-up', () => {
    const first = /^# Khonsu\n\n[^\n]+\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(first).toBe('npm ci && npm start\nnpm test\n')
  })
})

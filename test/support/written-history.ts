/**
 * Histories by hand. One transaction a line: its number, `@` and its commit timestamp, or `!` when
 * it aborted, then what it did: `rx0` read key x as it was before all versions, `rx3` version 3 of x,
 * `rx-` found no value; `wx3` wrote version 3, `dx4` deleted x as version 4; `[5,9]` says when it ran,
 * else all run at the same time; `ax3` appended element 3 to x, `zx3` did so in vain, `lx1,2,3` read the
 * list x, `lx` found it empty; `rc`, `rr`, `ser` and `strict` its level, `replace` its conflict mode.
 */
import type { HistoryAttempt, HistoryOperation } from 'khonsu/history'

const LEVELS = {
  rc: 'read-committed',
  rr: 'repeatable-read',
  ser: 'serializable',
  strict: 'strict-serializable',
} as const
const VERSIONS_A_KEY = 1_000

type Mutable = { -readonly [K in keyof HistoryAttempt]: HistoryAttempt[K] }

/** @throws when the text is no history. */
export function writtenHistory(text: string): HistoryAttempt[] {
  return text
    .trim()
    .split('\n')
    .map((line) => attemptOf(line.trim()))
}

function attemptOf(line: string): HistoryAttempt {
  const [head = '', ...words] = line.split(/\s+/)
  const [, number, timestamp] = /^(\d+)(?:@(\d+)|!)$/.exec(head) ?? []
  if (number === undefined) throw new Error(`no transaction: ${line}`)
  const operations: HistoryOperation[] = []
  const attempt: Mutable = {
    id: Number(number),
    end: timestamp === undefined ? 'aborted' : 'committed',
    timestamp: Number(timestamp ?? 0),
    beganNs: 0,
    endedNs: 100,
    operations,
  }
  for (const word of words) applyWord(word, attempt, operations)
  return attempt
}

function applyWord(word: string, attempt: Mutable, operations: HistoryOperation[]): void {
  const [, kind, key = '', version] = /^([rwdaxyz])([a-z])(\d+|-)$/.exec(word) ?? []
  const [, list, elements = ''] = /^l([a-z])([\d,]*)$/.exec(word) ?? []
  const [, beganNs, endedNs] = /^\[(\d+),(\d+)\]$/.exec(word) ?? []
  if (kind !== undefined) {
    const letter = kind as Exclude<HistoryOperation[0], 'l'>
    operations.push([letter, key, versionOf(key, version as string)])
  } else if (list !== undefined) {
    const read = elements.split(',').filter((element) => element !== '')
    operations.push(['l', list, read.map((element) => versionOf(list, element) as number)])
  } else if (beganNs !== undefined) {
    attempt.beganNs = Number(beganNs)
    attempt.endedNs = Number(endedNs)
  } else if (word === 'replace') {
    attempt.onConflict = 'replace'
  } else if (word in LEVELS) {
    attempt.isolation = LEVELS[word as keyof typeof LEVELS]
  } else throw new Error(`no operation: ${word}`)
}

function versionOf(key: string, version: string): number | null {
  if (version === '-') return null
  if (version === '0') return 0
  return (key.charCodeAt(0) - 96) * VERSIONS_A_KEY + Number(version)
}

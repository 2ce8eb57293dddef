import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readSettings } from '#dist/bench/bench-settings.js'
import {
  commandOf,
  evaluateTarget,
  failedTarget,
  parseTargets,
  type TargetLine,
} from '#dist/bench/target-line.js'
import { findWorkload } from '#dist/bench/workload-registry.js'

const LINE: TargetLine = {
  id: 'engine.transfer',
  workload: 'transfer',
  args: ['--workers', '1'],
  figure: 'engine/control@1',
  op: '>=',
  target: 0.5,
}

describe('evaluateTarget', () => {
  const report = (figure: number) => ({ figures: { 'engine/control@1': figure } })

  test('passes on the bar itself and above, where more is better', () => {
    expect(evaluateTarget(LINE, report(0.5)).pass).toBe(true)
    expect(evaluateTarget(LINE, report(0.6)).pass).toBe(true)
    expect(evaluateTarget(LINE, report(0.499)).pass).toBe(false)
  })

  test('passes on the bar itself and below, where less is better', () => {
    const line: TargetLine = { ...LINE, op: '<=', target: 128 }
    expect(evaluateTarget(line, report(128)).pass).toBe(true)
    expect(evaluateTarget(line, report(128.1)).pass).toBe(false)
  })

  test('hands on the measured figure', () => {
    expect(evaluateTarget(LINE, report(0.75))).toEqual({
      id: 'engine.transfer',
      figure: 0.75,
      op: '>=',
      target: 0.5,
      pass: true,
    })
  })

  test('finds a figure of another command by its path', () => {
    const line: TargetLine = { ...LINE, figure: 'runs.0.ratio' }
    expect(evaluateTarget(line, { runs: [{ ratio: 0.8 }] }).figure).toBe(0.8)
  })

  test.each([
    [{}],
    [null],
    [{ figures: { 'engine/control@1': 'fast' } }],
    [{ figures: { 'engine/control@1': Number.NaN } }],
  ])('falls short when the report %j has no such number', (broken) => {
    const outcome = evaluateTarget(LINE, broken)
    expect(outcome).toMatchObject({ figure: null, pass: false })
    expect(outcome.error).toContain('engine/control@1')
  })

  test('does not take an inherited property for a figure', () => {
    const line: TargetLine = { ...LINE, figure: 'constructor.length' }
    expect(evaluateTarget(line, {}).figure).toBeNull()
  })
})

test('a line whose command failed falls short and says why', () => {
  expect(failedTarget(LINE, 'it ended with 1')).toEqual({
    id: 'engine.transfer',
    figure: null,
    op: '>=',
    target: 0.5,
    pass: false,
    error: 'it ended with 1',
  })
})

test('a workload is run by the bench command, anything else by a command of its own', () => {
  expect(commandOf(LINE)).toEqual(['bench', 'transfer', '--workers', '1', '--json'])
  expect(commandOf({ ...LINE, workload: 'flights' })).toEqual([
    'flights',
    '--workers',
    '1',
    '--json',
  ])
})

describe('parseTargets', () => {
  test.each(['id', 'workload', 'args', 'figure', 'op', 'target'])('misses %s', (field) => {
    const text = JSON.stringify([{ ...LINE, [field]: undefined }])
    expect(() => parseTargets(text)).toThrow(field)
  })

  test('refuses two lines with one id', () => {
    expect(() => parseTargets(JSON.stringify([LINE, LINE]))).toThrow('same id')
  })

  test('refuses an operator that it does not know', () => {
    expect(() => parseTargets(JSON.stringify([{ ...LINE, op: '>' }]))).toThrow('op')
  })
})

describe('bench/targets.json', () => {
  const text = readFileSync(new URL('../../../bench/targets.json', import.meta.url), 'utf8')
  const lines = parseTargets(text)

  test.each(lines)('$id runs with options that its workload takes', ({ workload, args }) => {
    const definition = findWorkload(workload)
    if (definition === undefined) return
    const pairs = Array.from({ length: args.length / 2 }, (_, pair) => [
      args[2 * pair]?.replace(/^--/, ''),
      args[2 * pair + 1],
    ])
    expect(() => readSettings(Object.fromEntries(pairs), definition)).not.toThrow()
  })
})

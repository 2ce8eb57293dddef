import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LAYOUT_VERSION } from '../../native-layout/arena-header-descriptor.ts'
import { DESCRIPTORS, layoutFingerprint } from '../../native-layout/fingerprint.ts'
import { descriptorFile } from '../../scripts/layout/descriptor-files.mjs'

const VERSIONS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('layout-versions.json', import.meta.url), 'utf8'),
)
const ADVICE =
  'The layout has changed. Raise LAYOUT_VERSION, unless it was never released, and run ' +
  '`npm run diagrams -- --accept-layout`.'

test('the fingerprint moves only together with the layout version', () => {
  expect(layoutFingerprint(), ADVICE).toBe(Number(VERSIONS[LAYOUT_VERSION]))
})

test('no two layout versions have the same fingerprint', () => {
  const fingerprints = Object.values(VERSIONS)
  expect(new Set(fingerprints).size).toBe(fingerprints.length)
})

test('the layout version is the newest one that is recorded', () => {
  expect(LAYOUT_VERSION).toBe(Math.max(...Object.keys(VERSIONS).map(Number)))
})

test('the fingerprint is made from every descriptor', () => {
  const files = readdirSync(new URL('../../native-layout/', import.meta.url))
  const descriptors = files.filter((name) => /-(descriptor|codes)\.ts$/.test(name))
  expect(Object.keys(DESCRIPTORS).map(descriptorFile).sort()).toEqual(descriptors.sort())
})

test('the fingerprint moves when a constant moves, is renamed or is added', () => {
  const { cell } = DESCRIPTORS
  const changes = [
    { ...cell, CELL_VALUE_OFFSET: 28 },
    { ...cell, CELL_HEAD_OFFSET: 24 },
    Object.fromEntries(Object.entries(cell ?? {}).slice(1)),
  ]
  for (const changed of changes) {
    expect(layoutFingerprint({ ...DESCRIPTORS, cell: changed })).not.toBe(layoutFingerprint())
  }
})

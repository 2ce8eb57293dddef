/** That each seeded fault still finds its place in the kernel, and its scenarios in the list. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faults } from '../faults/faults.mjs'
import { scenarios } from '../interleaving/scenarios.mjs'

const NAMES = new Set(scenarios.map(({ name }) => name))

function sourceOf(file: string): string {
  return readFileSync(new URL(`../../native-layout/kernel/${file}`, import.meta.url), 'utf8')
}

describe('the seeded faults', () => {
  it('have names of their own', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
  })

  it('change what is in the kernel exactly once', () => {
    for (const { name, file, changes } of faults) {
      let text = sourceOf(file)
      for (const [from, to] of changes) {
        const parts = text.split(from)
        expect(parts, `${name}: ${from}`).toHaveLength(2)
        text = parts.join(to)
      }
    }
  })

  it('are looked for in scenarios that there are', () => {
    for (const { name, scenarios: wanted } of faults) {
      expect(wanted.length, name).toBeGreaterThan(0)
      for (const scenario of wanted) expect(NAMES, name).toContain(scenario)
    }
  })
})

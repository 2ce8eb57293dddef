import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

function readJson(name: string) {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
}

test('every dependency has one exact version', () => {
  const { dependencies, optionalDependencies, devDependencies } = readJson('package.json')
  const all = { ...dependencies, ...optionalDependencies, ...devDependencies }
  for (const [name, version] of Object.entries(all)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  }
})

test('the lockfile names no registry', () => {
  const packages: Record<string, { resolved?: string }> = readJson('package-lock.json').packages
  const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)
  expect(resolved).toEqual([])
})

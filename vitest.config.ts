import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const TEST_TIMEOUT_MS = 20_000
const LONG_TEST_TIMEOUT_MS = 120_000

/** Projects whose files may run in one process, one after another. */
const SHARING = new Set(['fuzz', 'isolation', 'tidy'])

/** One project for each folder of tests. Tests import the built package by its own name. */
function project(name: string, timeoutMs = TEST_TIMEOUT_MS) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      pool: 'forks',
      maxWorkers: '100%',
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      // Node loads the built package itself: a transformed copy would be a second set of classes
      // beside the one that the worker threads load.
      server: { deps: { external: [/\/dist\//] } },
      // Their files leave nothing behind, and a process for each would take longer than some of them.
      ...(SHARING.has(name) && { isolate: false }),
      // Stress tests bring their own threads: they run last, one file at a time.
      ...(name === 'stress' && { maxWorkers: 1, sequence: { groupOrder: 1 } }),
      // The types in `*.test-d.ts` files are tests too: `tsc` checks them, nothing runs them.
      typecheck: {
        enabled: name === 'types',
        include: [`test/${name}/**/*.test-d.ts`],
        tsconfig: 'test/types/tsconfig.json',
      },
    },
  } satisfies TestProjectInlineConfiguration
}

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('tidy'),
      project('types', LONG_TEST_TIMEOUT_MS),
      project('isolation'),
      project('interleaving', LONG_TEST_TIMEOUT_MS),
      project('stress', LONG_TEST_TIMEOUT_MS),
      project('fuzz', LONG_TEST_TIMEOUT_MS),
    ],
  },
})

import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { Machine } from './bench-report.ts'
import { packageRoot } from './package-root.ts'

/** Returns the processor, the cores this process may use and the memory. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    coreCount: availableParallelism(),
    memoryBytes: totalmem(),
  }
}

/** Resolves to the revision of this package's own work tree; null without one, or without git. */
export async function findCommit(): Promise<string | null> {
  try {
    const topLevel = await git('--show-toplevel')
    if ((await realpath(topLevel)) !== (await realpath(packageRoot()))) return null
    return await git('HEAD')
  } catch {
    return null
  }
}

async function git(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', ...words], {
    cwd: packageRoot(),
    timeout: GIT_TIMEOUT_MS,
  })
  return stdout.trim()
}

const GIT_TIMEOUT_MS = 5_000

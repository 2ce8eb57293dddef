import type { Worker } from 'node:worker_threads'
import { CliError } from '../exit-code.ts'

/**
 * The first message of a thread. It has no time limit.
 * @throws CliError when the thread fails or ends without a message; not safe to retry.
 */
export function firstMessage(worker: Worker, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', (cause: unknown) => reject(deathOf(name, cause)))
    worker.once('exit', (code) => {
      reject(new CliError(`${name} ended early with exit code ${code}`))
    })
  })
}

/** The regular end of a thread. @throws CliError when it fails or its exit code is not 0. */
export function lastExit(worker: Worker, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', (cause: unknown) => reject(deathOf(name, cause)))
    worker.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new CliError(`${name} ended with exit code ${code}`))
    })
  })
}

function deathOf(name: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return new CliError(`${name} died: ${reason}`, undefined, { cause })
}

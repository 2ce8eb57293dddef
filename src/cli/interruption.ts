import { constants } from 'node:os'

const SHOW_CURSOR = '\u001b[?25h'

/** Why `withInterruption` aborted its signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** What shells use for a process that a signal ended: 130 for Ctrl-C. */
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super('interrupted')
    this.exitCode = 128 + constants.signals[signal]
  }
}

/**
 * Runs `body` with a signal that the first Ctrl-C (SIGINT) or SIGTERM aborts, so that it can close
 * its workers; a second one ends the process at once. The handlers are gone when this returns.
 */
export async function withInterruption<R>(body: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals): void => {
    const reason = new Interrupted(name)
    if (controller.signal.aborted) {
      if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR)
      process.exit(reason.exitCode)
    }
    controller.abort(reason)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await body(controller.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

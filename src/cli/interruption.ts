import { EXIT_INTERRUPTED } from './exit-code.ts'

const SHOW_CURSOR = '\u001b[?25h'

/** The reason of a signal that Ctrl-C aborted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/**
 * Runs `body` with a signal that the first Ctrl-C (SIGINT) or SIGTERM aborts, so that it can close
 * its workers; a second one ends the process at once. The handlers are gone when this returns.
 */
export async function withInterruption<R>(body: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR)
      process.exit(EXIT_INTERRUPTED)
    }
    controller.abort(new Interrupted('interrupted'))
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

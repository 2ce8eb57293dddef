/** What the process tells its caller. Scripts rely on these numbers. */
export const EXIT_SUCCESS = 0
/** A check failed, a worker died, or a file could not be read or written. */
export const EXIT_FAILURE = 1
/** The command line was wrong; nothing ran. */
export const EXIT_USAGE = 2

/** An error whose message says all that the user needs; it is printed without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT_FAILURE, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { registerBenchCommand } from './bench-command.ts'
import { registerCheckCommand } from './check/check-command.ts'
import { CliError, EXIT_FAILURE, EXIT_SUCCESS, EXIT_USAGE } from './exit-code.ts'
import { registerFlightsCommand } from './flights/flights-command.ts'
import { Interrupted } from './interruption.ts'
import { reasonOf } from './output-file.ts'
import { packageVersion } from './package-version.ts'

/** Every command of `khonsu`: a new one adds its register function here. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerFlightsCommand,
  registerBenchCommand,
  registerCheckCommand,
]

function createProgram(): Command {
  const program = new Command('khonsu')
    .description('Parallel software transactional memory for Node.js')
    .version(packageVersion())
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
  for (const register of COMMANDS) register(program)
  return program
}

/** The exit code for a failed command; says why on stderr. */
function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_SUCCESS : EXIT_USAGE
  if (error instanceof Interrupted) {
    process.stderr.write('interrupted\n')
    return error.exitCode
  }
  if (error instanceof CliError) {
    process.stderr.write(`error: ${error.message}\n`)
    return error.exitCode
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`error: ${text}\n`)
  return EXIT_FAILURE
}

async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: cannot write the output: ${reasonOf(error)}\n`)
    process.exit(EXIT_FAILURE)
  })
  // Nobody is left to tell.
  process.stderr.on('error', () => {})
  try {
    await createProgram().parseAsync(process.argv)
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}

void main()

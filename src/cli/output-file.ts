import { access, constants, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CliError, EXIT_FAILURE } from './exit-code.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'it is not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
}

/**
 * Creates a folder, with those above it, and checks that files can be written to it.
 * @param option the command-line option that chose it, for the message.
 * @returns its absolute path.
 * @throws CliError that names the reason and the option.
 */
export async function prepareFolder(path: string, option: string): Promise<string> {
  const folder = resolve(path)
  try {
    await makeFolder(folder)
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw outputError(folder, option, cause)
  }
  return folder
}

/**
 * Writes a file completely or not at all: readers see the old content or the new one.
 * @param content in one piece, or in pieces that are made as they are written.
 * @param option the command-line option that chose the path, for the message.
 * @throws CliError that names the reason and the option; what making a piece throws, as it is.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | AsyncIterable<string>,
  option: string,
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  try {
    await writeFile(partial, content)
    await rename(partial, path)
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined)
    throw isOfSystem(cause) ? outputError(path, option, cause) : cause
  }
}

/** `mkdir` with `recursive` never returns where a file system answers ENOENT, as `/proc` does. */
async function makeFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause
    if (dirname(folder) !== folder) await makeFolder(dirname(folder))
  }
  await mkdir(folder)
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function outputError(path: string, option: string, cause: unknown): CliError {
  const reason =
    REASONS[errorCode(cause)] ?? (cause instanceof Error ? cause.message : String(cause))
  const remedy = `choose another place with ${option}`
  return new CliError(`cannot write to ${path}: ${reason}; ${remedy}`, EXIT_FAILURE, { cause })
}

import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isOfSystem, replaceFile } from '../exchange/file-replacement.ts'
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
 * Checks before a long run that a file can be written, as far as that can be known.
 * @param path what the option was given; no path when it was left out or has no value.
 * @throws CliError that names the reason and the option.
 */
export async function checkOutput(path: string | true | undefined, option: string): Promise<void> {
  if (typeof path !== 'string') return
  try {
    const old = await stat(path).catch(() => undefined)
    if (old?.isDirectory()) throw new Error('it is a folder')
    await access(old === undefined ? dirname(path) : path, constants.W_OK)
  } catch (cause) {
    throw outputError(path, option, cause)
  }
}

/**
 * Writes a file completely or not at all: readers see the old content or the new one.
 * @param content in one piece, or in pieces that are made as they are written.
 * @param option the command-line option that chose the path, for the message.
 * @throws CliError that names the reason and the option; what making a piece throws, as it is.
 */
export async function writeOutput(
  path: string,
  content: string | Uint8Array | AsyncIterable<string>,
  option: string,
): Promise<void> {
  try {
    await replaceFile(path, bytesOf(content))
  } catch (cause) {
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

async function* bytesOf(
  content: string | Uint8Array | AsyncIterable<string>,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else if (typeof content === 'string') yield Buffer.from(content)
  else for await (const piece of content) yield Buffer.from(piece)
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Why the system refuses to write, in words. */
export function reasonOf(cause: unknown): string {
  return REASONS[errorCode(cause)] ?? (cause instanceof Error ? cause.message : String(cause))
}

function outputError(path: string, option: string, cause: unknown): CliError {
  const remedy = `choose another place with ${option}`
  const message = `cannot write to ${path}: ${reasonOf(cause)}; ${remedy}`
  return new CliError(message, EXIT_FAILURE, { cause })
}

/**
 * Packs the package, installs the tarball into an empty project as a user would, and runs the
 * programs of `program/` there: one ES module and one CommonJS module, each with two workers.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM_FOLDER = fileURLToPath(new URL('program', import.meta.url))
const PROGRAMS = ['esm.mjs', 'commonjs.cjs']
const QUIET = '--loglevel=error'
const INSTALL_TIMEOUT_MS = 300_000
const PROGRAM_TIMEOUT_MS = 60_000

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {number} timeout in milliseconds
 */
function execute(command, args, cwd, timeout) {
  execFileSync(command, args, { cwd, timeout, stdio: ['ignore', 'ignore', 'inherit'] })
}

const folder = mkdtempSync(join(tmpdir(), 'khonsu-smoke-'))
try {
  execute(
    'npm',
    ['pack', '--ignore-scripts', QUIET, '--pack-destination', folder],
    ROOT,
    INSTALL_TIMEOUT_MS,
  )
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no tarball')

  const project = join(folder, 'project')
  cpSync(PROGRAM_FOLDER, project, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', QUIET]
  execute('npm', ['install', ...flags, join(folder, tarball)], project, INSTALL_TIMEOUT_MS)

  for (const program of PROGRAMS) {
    execute(process.execPath, [program], project, PROGRAM_TIMEOUT_MS)
    console.log(`${program}: passed`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

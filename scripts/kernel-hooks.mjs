/**
 * The second build of the kernel, for the explorer of `khonsu/testing`: before each shared access it
 * calls an imported function. It is made from the text of the product, after all optimisation: an
 * atomic instruction becomes a call of a function of the same signature, which calls the hook and
 * then does the access. Operands and order stay. Beside the functions, the globals are exported, so
 * that an instance can be put back into an earlier state.
 */
import wabt from 'wabt'

const FEATURES = { threads: true, bulk_memory: true, sign_extension: true, mutable_globals: true }

const ACCESS = /^( +)([if](?:32|64)\.atomic\.[\w.]+)(?: offset=(\d+))?$/gm
const CALL = /^( +)call \$hooked:([\w.]+?)(?:\+(\d+))?$/gm
const MEMORY_IMPORT = / \(import "env" "memory" .*\n/
const HOOK_IMPORT = ' (import "env" "beforeAccess" (func $beforeAccess (param i32 i32)))\n'
const ADDED_BEGIN = ' ;; added for the hooks\n'

/** What the hook is told about an access: whether it loads, stores, or does both. */
const LOAD = 0
const STORE = 1
const READ_MODIFY_WRITE = 2

/**
 * @param {string} instruction
 * @returns {{ kind: number, operands: string[], result: string | undefined }}
 */
function signatureOf(instruction) {
  const type = instruction.slice(0, 3)
  const [, , operation = '', detail] = instruction.split('.')
  if (operation.startsWith('load')) return { kind: LOAD, operands: [], result: type }
  if (operation.startsWith('store')) return { kind: STORE, operands: [type], result: undefined }
  if (!operation.startsWith('rmw')) throw new Error(`No hook for ${instruction}.`)
  const operands = detail === 'cmpxchg' ? [type, type] : [type]
  return { kind: READ_MODIFY_WRITE, operands, result: type }
}

/**
 * @param {string} instruction
 * @param {string | undefined} offset
 */
function nameOf(instruction, offset) {
  return `$hooked:${instruction}${offset === undefined ? '' : `+${offset}`}`
}

/**
 * @param {string} instruction
 * @param {string | undefined} offset
 */
function functionOf(instruction, offset) {
  const { kind, operands, result } = signatureOf(instruction)
  const parameters = ['i32', ...operands].join(' ')
  return [
    ` (func ${nameOf(instruction, offset)} (param ${parameters})${result ? ` (result ${result})` : ''}`,
    `  (call $beforeAccess (i32.const ${kind})`,
    `   (i32.add (local.get 0) (i32.const ${offset ?? 0})))`,
    ...['i32', ...operands].map((_, at) => `  local.get ${at}`),
    `  ${instruction}${offset === undefined ? '' : ` offset=${offset}`})\n`,
  ].join('\n')
}

/**
 * The text of the kernel with hooks.
 * @param {string} text the product's, as the compiler writes it
 */
export function hookText(text) {
  /** @type {Map<string, string>} */
  const functions = new Map()
  const body = text.replace(ACCESS, (_, indent, instruction, offset) => {
    const name = nameOf(instruction, offset)
    if (!functions.has(name)) functions.set(name, functionOf(instruction, offset))
    return `${indent}call ${name}`
  })
  const globals = [...text.matchAll(/^ \(global (\$\S+) \(mut /gm)]
  const exports = globals.map(([, name]) => ` (export "global:${name}" (global ${name}))\n`)
  const added = [ADDED_BEGIN, ...exports, ...functions.values()].join('')
  const imported = body.replace(MEMORY_IMPORT, (line) => line + HOOK_IMPORT)
  const end = imported.lastIndexOf(')')
  return `${imported.slice(0, end)}${added}${imported.slice(end)}`
}

/**
 * Takes the hooks out of a text again: what was hooked.
 * @param {string} text
 */
export function unhookText(text) {
  const body = text.slice(0, text.indexOf(ADDED_BEGIN))
  const access = body.replace(
    CALL,
    (_, indent, instruction, offset) =>
      `${indent}${instruction}${offset === undefined ? '' : ` offset=${offset}`}`,
  )
  return `${access.replace(HOOK_IMPORT, '')})\n`
}

/**
 * Assembles a text.
 * @param {string} text
 */
export async function assemble(text) {
  const { parseWat } = await wabt()
  const module = parseWat('kernel.wat', text, FEATURES)
  try {
    module.resolveNames()
    return module.toBinary({ write_debug_names: true }).buffer
  } finally {
    module.destroy()
  }
}

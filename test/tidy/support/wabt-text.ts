/** Text forms of WebAssembly modules, each instruction around its operands. */
import wabt from 'wabt'

const FEATURES = { threads: true, bulk_memory: true, sign_extension: true, mutable_globals: true }

const { parseWat, readWasm } = await wabt()

/** The folded text of a module in text form. Throws when it is not valid. */
export function foldText(text: string): string {
  const module = parseWat('module.wat', text, FEATURES)
  try {
    module.resolveNames()
    new WebAssembly.Module(module.toBinary({}).buffer)
    return module.toText({ foldExprs: true, inlineExport: false })
  } finally {
    module.destroy()
  }
}

/** The folded text of a compiled module. */
export function disassemble(bytes: Uint8Array): string {
  const module = readWasm(bytes, { ...FEATURES, readDebugNames: false })
  try {
    return module.toText({ foldExprs: true, inlineExport: false })
  } finally {
    module.destroy()
  }
}

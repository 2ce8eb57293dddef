import { FIELDS } from './layouts.ts'

/** One load, store or atomic operation in the source of the kernel. */
export interface SourceAccess {
  readonly isAtomic: boolean
  /** The type between the angle brackets. */
  readonly form: string
  /** The name of the constant that is its offset, if it has one. */
  readonly field: string | undefined
  /** What is added to that constant. */
  readonly beyond: number
}

const ACCESS = /\b(atomic\.\w+|load|store)<(\w+)>\(/g
const OFFSET = /^([A-Z][A-Z_]*_OFFSET)(?: \+ (\d+))?$/

/** The arguments of a call, of which `start` is the index behind the opening parenthesis. */
function argumentsFrom(code: string, start: number): string[] {
  const found: string[] = []
  let depth = 0
  let from = start
  for (let at = start; at < code.length; at++) {
    const character = code[at] ?? ''
    if (depth === 0 && /[,)]/.test(character)) {
      found.push(code.slice(from, at).trim())
      from = at + 1
      if (character === ')') break
    }
    if (/[([{]/.test(character)) depth++
    if (/[)\]}]/.test(character)) depth--
  }
  return found.filter((argument) => argument !== '')
}

/** All accesses of a source. */
export function accessesOf(code: string): SourceAccess[] {
  return [...code.matchAll(ACCESS)].map((match) => {
    const [text, operation = '', form = ''] = match
    const last = argumentsFrom(code, match.index + text.length).at(-1) ?? ''
    const [, field, beyond = '0'] = OFFSET.exec(last) ?? []
    return { isAtomic: operation.startsWith('atomic.'), form, field, beyond: Number(beyond) }
  })
}

/** What is wrong with an access, as the comment of its field says. */
export function faultOfAccess(access: SourceAccess): string | undefined {
  const { field: name, form, isAtomic, beyond } = access
  if (name === undefined) return undefined
  const field = FIELDS.get(name)
  if (field === undefined) return `${name} is no field`
  const length = Number(form.slice(1)) / 8
  if (length !== field.elementLength) {
    return `${name} has ${field.elementLength} bytes, not the ${length} of ${form}`
  }
  if (beyond % length !== 0 || beyond >= field.length) {
    return `${name} + ${beyond} is not one of its elements`
  }
  if (field.access === 'shared' && !isAtomic) return `${name} is shared: access it atomically`
  if (field.access !== 'shared' && isAtomic) return `${name} is ${field.access}: access it plainly`
  return undefined
}

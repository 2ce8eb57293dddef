import type { Key } from '../values/key.ts'

const TEXT_LENGTH_MAX = 80

/** Names a value in an error message, in at most about 100 characters. Never throws. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'bigint':
      return `${shorten(String(value))}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return String(value)
  }
}

/** Writes a key as a program would: `"a"`, `7`, `["a", 7]`. */
export function describeKey(key: Key): string {
  if (typeof key !== 'object') return describeValue(key)
  return shorten(`[${key.map(describeValue).join(', ')}]`)
}

function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) return `an array of length ${value.length}`
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === null || prototype === Object.prototype) return 'an object'
    const name: unknown = value.constructor?.name
    return typeof name === 'string' && name !== ''
      ? `an instance of ${shorten(name)}`
      : 'an instance of an unnamed class'
  } catch {
    return 'an object that cannot be inspected'
  }
}

function quote(text: string): string {
  return JSON.stringify(shorten(text))
}

function shorten(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`
}

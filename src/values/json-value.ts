import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'

/** Greatest depth of nested objects and arrays in a JSON value. */
export const JSON_DEPTH_MAX = 512

/** What is wrong, and where, seen from the container that is being looked at. */
interface Fault {
  path: string
  readonly why: string
}

const LONE_SURROGATE = /\p{Surrogate}/u
const ILL_FORMED = 'has a lone surrogate, which UTF-8 cannot say; use well-formed text'
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/**
 * Returns the JSON text of a plain object or array, after making sure that parsing it gives an
 * equal value. Everything that `JSON.stringify` would drop or change is refused instead: undefined,
 * holes, NaN, infinities, -0, bigints, symbols, functions, accessors, properties that are not
 * enumerable, instances of classes, cycles, lone surrogates, an own `__proto__`, and more than
 * {@link JSON_DEPTH_MAX} levels. The same object in two places is fine; it is read as two.
 *
 * Two things in arrays are not looked for: an accessor as an element, whose value is taken, and a
 * named property that is not enumerable, which is dropped.
 *
 * @throws {ValueNotAcceptableError} with the path of the first fault. Not safe to retry.
 */
export function encodeJson(value: object): string {
  const fault = foreignToJson() ?? faultIn(value, [], false)
  if (fault !== undefined) throw refuse(fault)
  const text = JSON.stringify(value)
  // JSON.stringify writes lone surrogates as \ud..., so that most texts need no second look.
  if (text.includes('\\ud')) {
    const illFormed = faultIn(value, [], true)
    if (illFormed !== undefined) throw refuse(illFormed)
  }
  return text
}

function refuse(fault: Fault): ValueNotAcceptableError {
  return new ValueNotAcceptableError({ path: `$${fault.path}`, why: fault.why })
}

/** A toJSON on the prototypes would change what every plain object and array is written as. */
function foreignToJson(): Fault | undefined {
  const inherited: unknown =
    (Object.prototype as { toJSON?: unknown }).toJSON ??
    (Array.prototype as { toJSON?: unknown }).toJSON
  if (inherited === undefined) return undefined
  return { path: '', why: 'Object.prototype or Array.prototype has a toJSON; remove it' }
}

function faultIn(value: unknown, ancestors: object[], checkText: boolean): Fault | undefined {
  if (isGoodScalar(value, checkText)) return undefined
  if (typeof value !== 'object' || value === null) return faultOfScalar(value)
  if (ancestors.includes(value)) {
    return { path: '', why: 'it is the same object as one that contains it; use a tree' }
  }
  if (ancestors.length >= JSON_DEPTH_MAX) {
    const why = `it is nested deeper than ${JSON_DEPTH_MAX} levels; use a flatter form`
    return { path: '', why }
  }
  ancestors.push(value)
  const fault = Array.isArray(value)
    ? faultInArray(value, ancestors, checkText)
    : faultInRecord(value, ancestors, checkText)
  ancestors.pop()
  return fault
}

function isGoodScalar(value: unknown, checkText: boolean): boolean {
  switch (typeof value) {
    case 'string':
      return !checkText || !LONE_SURROGATE.test(value)
    case 'number':
      return Number.isFinite(value) && !(value === 0 && 1 / value < 0)
    case 'boolean':
      return true
    default:
      return value === null
  }
}

function faultInArray(
  array: readonly unknown[],
  ancestors: object[],
  checkText: boolean,
): Fault | undefined {
  if (Object.getPrototypeOf(array) !== Array.prototype) return faultOfClass(array)
  for (let index = 0; index < array.length; index++) {
    const element = array[index]
    if (isGoodScalar(element, checkText)) continue
    const fault =
      element === undefined
        ? faultOfEmptyElement(array, index)
        : faultIn(element, ancestors, checkText)
    if (fault !== undefined) return inside(`[${index}]`, fault)
  }
  const names = Object.keys(array)
  if (names.length !== array.length) {
    const why = 'arrays have elements only; use an object for named properties'
    return inside(propertyPath(names[array.length] ?? ''), { path: '', why })
  }
  return faultOfSymbolKeys(array)
}

function faultInRecord(value: object, ancestors: object[], checkText: boolean): Fault | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return faultOfClass(value)
  const names = Object.getOwnPropertyNames(value)
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const property = Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor
    const good =
      property.enumerable === true &&
      name !== '__proto__' &&
      !(checkText && LONE_SURROGATE.test(name))
    // An accessor has no value here, and so is no good scalar.
    if (good && isGoodScalar(property.value, checkText)) continue
    const fault = good
      ? faultInProperty(property, ancestors, checkText)
      : faultOfPropertyKind(name, property)
    if (fault !== undefined) return inside(propertyPath(name), fault)
  }
  return faultOfSymbolKeys(value)
}

function faultInProperty(
  property: PropertyDescriptor,
  ancestors: object[],
  checkText: boolean,
): Fault | undefined {
  if (property.get === undefined && property.set === undefined) {
    return faultIn(property.value, ancestors, checkText)
  }
  return { path: '', why: 'it is an accessor property; use a plain one' }
}

function faultOfPropertyKind(name: string, property: PropertyDescriptor): Fault {
  if (name === '__proto__') {
    return { path: '', why: 'an own property of this name endangers who copies it; rename it' }
  }
  if (property.enumerable !== true) {
    return { path: '', why: 'it is not enumerable and would be dropped; make it enumerable' }
  }
  return { path: '', why: `its name ${ILL_FORMED}` }
}

function faultOfSymbolKeys(value: object): Fault | undefined {
  if (Object.getOwnPropertySymbols(value).length === 0) return undefined
  return { path: '', why: 'it has a property with a symbol as its name; use strings' }
}

function faultOfScalar(value: unknown): Fault {
  if (typeof value === 'string') return { path: '', why: `it ${ILL_FORMED}` }
  return { path: '', why: `it is ${describeValue(value)}; ${adviceFor(value)}` }
}

function adviceFor(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'leave the property out or use null'
    case 'number':
      return value === 0 ? 'use 0' : 'use a finite number or null'
    case 'bigint':
      return 'use a number or a string inside of JSON'
    default:
      return 'only data can be stored'
  }
}

function faultOfEmptyElement(array: readonly unknown[], index: number): Fault {
  const found = index in array ? 'undefined' : 'a hole'
  return { path: '', why: `it is ${found} and would become null; use null` }
}

function faultOfClass(value: object): Fault {
  const advice = 'use plain objects and arrays, or give the cell a codec'
  return { path: '', why: `it is ${describeValue(value)}; ${advice}` }
}

function inside(segment: string, fault: Fault): Fault {
  fault.path = segment + fault.path
  return fault
}

function propertyPath(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** A structure with numbers: where its fields are, how they are accessed, what lies between them. */
import { readFieldComment } from './descriptor-source.mjs'
import { END } from './structures.mjs'

/**
 * @typedef {import('./descriptor-source.mjs').AccessClass} AccessClass
 * @typedef {import('./descriptor-source.mjs').DescriptorSource} DescriptorSource
 * @typedef {import('./structures.mjs').Structure} Structure
 * @typedef {Readonly<Record<string, Readonly<Record<string, number>>>>} Descriptors
 *
 * @typedef {object} Field
 * @property {string} constant
 * @property {string} name in words
 * @property {number} offset as the constant says it, from the structure's address
 * @property {number} count
 * @property {number} elementLength in bytes
 * @property {number} length in bytes, of all elements
 * @property {string} form
 * @property {AccessClass} access
 * @property {string} condition
 * @property {string} meaning
 *
 * @typedef {object} Gap
 * @property {number} offset
 * @property {number} length negative when fields overlap
 * @property {string | undefined} reason undefined when nobody gave one
 *
 * @typedef {object} Layout
 * @property {Structure} structure
 * @property {number} base
 * @property {number} length
 * @property {readonly Field[]} fields in the order of offsets
 * @property {readonly Gap[]} gaps
 */

const WORD_LENGTH = 8

/** @param {Descriptors} descriptors */
export function allConstants(descriptors) {
  /** @type {Record<string, number>} */
  const constants = {}
  for (const group of Object.values(descriptors)) Object.assign(constants, group)
  return constants
}

/**
 * @param {string} constant
 * @param {string} prefix
 */
function nameInWords(constant, prefix) {
  const words = constant.replace(/_(OFFSET|DISTANCE)$/, '')
  return words.replace(prefix, '').toLowerCase().replaceAll('_', ' ')
}

/**
 * @param {string} text a number, or the name of a constant
 * @param {Readonly<Record<string, number>>} constants
 */
function numberOf(text, constants) {
  const value = /^\d+$/.test(text) ? Number(text) : constants[text]
  if (value === undefined) throw new Error(`A comment names ${text}, which no descriptor has.`)
  return value
}

/**
 * @param {string} constant
 * @param {string} prefix
 * @param {string} comment
 * @param {Readonly<Record<string, number>>} constants
 * @returns {Field | undefined}
 */
function fieldOf(constant, prefix, comment, constants) {
  const parts = readFieldComment(comment)
  if (parts === undefined) return undefined
  const count = numberOf(parts.count, constants)
  const [width = '', unit] = parts.form.split(' ')
  const elementLength = unit === 'bytes' ? numberOf(width, constants) : Number(width.slice(1)) / 8
  const value = numberOf(constant, constants)
  const isDistance = constant.endsWith('_DISTANCE')
  return {
    constant,
    name: nameInWords(constant, prefix),
    offset: isDistance ? numberOf('BLOCK_PREFIX_LENGTH', constants) - value : value,
    count,
    elementLength,
    length: count * elementLength,
    form: unit === 'bytes' ? `${elementLength} bytes` : parts.form,
    access: parts.access,
    condition: parts.condition,
    meaning: parts.meaning,
  }
}

/** @param {Field} field */
export function alignmentOf(field) {
  return Math.min(field.elementLength, WORD_LENGTH)
}

/**
 * @param {Structure} structure
 * @param {number} base
 * @param {number} end of the field before
 * @param {Field | undefined} next
 */
function reasonFor(structure, base, end, next) {
  const given = structure.gaps?.[next?.constant ?? END]
  if (given !== undefined || next === undefined) return given
  const { padTo = 0 } = structure
  if (Math.ceil(end / alignmentOf(next)) * alignmentOf(next) === next.offset) return 'alignment'
  const padded = base + Math.ceil((end - base) / padTo) * padTo
  return padded === next.offset ? 'to the next cache line pair' : undefined
}

/**
 * @param {Structure} structure
 * @param {number} base
 * @param {number} length
 * @param {readonly Field[]} fields
 */
function gapsBetween(structure, base, length, fields) {
  /** @type {Gap[]} */
  const gaps = []
  let end = base
  for (const next of [...fields, undefined]) {
    const offset = next?.offset ?? base + length
    if (offset !== end) {
      gaps.push({
        offset: end,
        length: offset - end,
        reason: reasonFor(structure, base, end, next),
      })
    }
    end = offset + (next?.length ?? 0)
  }
  return gaps
}

/**
 * Lays a structure out. Constants that match `structure.fields` but have no field's comment are
 * left out, as `HEADER_END_OFFSET`; a test looks at them.
 * @param {Structure} structure
 * @param {Descriptors} descriptors
 * @param {DescriptorSource} source
 * @returns {Layout}
 */
export function layOut(structure, descriptors, source) {
  const constants = allConstants(descriptors)
  const fields = []
  for (const constant of Object.keys(descriptors[structure.descriptor] ?? {})) {
    if (!structure.fields.test(constant)) continue
    const comment = source.comments.get(constant) ?? ''
    const field = fieldOf(constant, structure.prefix, comment, constants)
    if (field !== undefined) fields.push(field)
  }
  fields.sort((left, right) => left.offset - right.offset)
  const base = structure.base(constants)
  const length = structure.length(constants)
  return { structure, base, length, fields, gaps: gapsBetween(structure, base, length, fields) }
}

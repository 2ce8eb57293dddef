/**
 * What the comments of a descriptor say: the opening comment, and for each constant its comment.
 * A field's comment begins with how it is accessed, then with its form:
 * `Shared, i64. What it is.` or `Private, ENTRY_COUNT times u32. What they are.`
 */

/**
 * @typedef {'shared' | 'private' | 'immutable' | 'statistic'} AccessClass
 *
 * @typedef {object} FieldComment
 * @property {AccessClass} access
 * @property {string} condition the class in full, e.g. `immutable after open`
 * @property {string} count a number or the name of a constant
 * @property {string} form `i32`, `u32`, `i64`, `u64`, or a number or name followed by ` bytes`
 * @property {string} meaning
 *
 * @typedef {object} DescriptorSource
 * @property {readonly string[]} opening lines of the opening comment
 * @property {ReadonlyMap<string, string>} comments of each constant, in one line
 */

const COMMENT = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\//
const CONSTANT = new RegExp(`${COMMENT.source}\\nexport const (\\w+)`, 'g')
const FIELD =
  /^(?<access>Shared|Private|Statistic|Immutable)(?<condition>[^,]*), (?:(?<count>\w+) times )?(?<form>[iu](?:32|64)|\w+ bytes)(?:, (?<where>[^.:]*))?[.:] (?<meaning>.*)$/

/** @param {string} comment */
function linesOf(comment) {
  return comment.split('\n').map((line) => line.replace(/^ *\* ?/, '').trimEnd())
}

/**
 * @param {string} text
 * @returns {DescriptorSource}
 */
export function readDescriptor(text) {
  const opening = linesOf(COMMENT.exec(text)?.[1] ?? '').filter((line, at) => at > 0 || line !== '')
  const comments = new Map()
  for (const [, comment = '', name = ''] of text.matchAll(CONSTANT)) {
    comments.set(name, linesOf(comment).join(' ').trim())
  }
  return { opening, comments }
}

/**
 * The parts of a field's comment, or undefined when the constant is no field.
 * @param {string} comment
 * @returns {FieldComment | undefined}
 */
export function readFieldComment(comment) {
  const groups = FIELD.exec(comment)?.groups
  if (groups === undefined) return undefined
  const { access = '', condition = '', count = '1', form = '', where, meaning = '' } = groups
  return {
    access: /** @type {AccessClass} */ (access.toLowerCase()),
    condition: access.toLowerCase() + condition,
    count,
    form,
    meaning: where === undefined ? meaning : `${where}: ${meaning}`,
  }
}

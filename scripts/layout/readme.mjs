/** The generated sections of `native-layout/README.md`. */
import { bitDiagram, byteDiagram } from './diagram.mjs'
import { layOut } from './layout.mjs'
import { STRUCTURES, WORD_SECTIONS } from './structures.mjs'

/**
 * @typedef {import('./descriptor-source.mjs').DescriptorSource} DescriptorSource
 * @typedef {import('./layout.mjs').Descriptors} Descriptors
 * @typedef {import('./layout.mjs').Layout} Layout
 * @typedef {Readonly<Record<string, DescriptorSource>>} Sources
 */

const SECTION = /(<!-- layout: ([\w-]+) -->\n)[\s\S]*?(<!-- end of layout -->)/g
const WORD_EXPRESSION = /`([^`]* << [^`]*)`/g
const INVARIANT = /^ *([A-Z]+\d+)\. (.*)$/
const WORD_LENGTH = 8

/**
 * The opening comment of a descriptor as Markdown: invariants become a list.
 * @param {readonly string[]} lines
 */
function prose(lines) {
  const result = []
  for (const line of lines) {
    const [, number, text] = INVARIANT.exec(line) ?? []
    if (/^(Invariants|Owner):/.test(line)) result.push('')
    result.push(number === undefined ? line.trimStart() : `- **${number}.** ${text}`)
    if (line.startsWith('Invariants:')) result.push('')
  }
  // The continuation of a list item is indented.
  let inItem = false
  return result
    .map((line) => {
      if (line.startsWith('- ')) inItem = true
      else if (line === '') inItem = false
      else if (inItem) return `  ${line}`
      return line
    })
    .join('\n')
    .trim()
}

/**
 * @param {string} text
 * @param {number} wordLength
 */
function bitDiagrams(text, wordLength) {
  const expressions = [...text.matchAll(WORD_EXPRESSION)].map(([, expression = '']) => expression)
  return expressions.map((expression) =>
    fenced(`${expression}\n\n${bitDiagram(expression, wordLength)}`),
  )
}

/** @param {string} text */
function fenced(text) {
  return `\`\`\`text\n${text}\n\`\`\``
}

/** @param {Layout} layout */
function table(layout) {
  const lines = [
    '| offset | length | field | form | access | meaning |',
    '|---|---|---|---|---|---|',
  ]
  for (const field of layout.fields) {
    const form = field.count === 1 ? field.form : `${field.count} × ${field.form}`
    const cells = [field.offset, field.length, `\`${field.constant}\``, form, field.condition]
    lines.push(`| ${cells.join(' | ')} | ${field.meaning.replaceAll('|', '\\|')} |`)
  }
  return lines.join('\n')
}

/**
 * @param {string} id
 * @param {Descriptors} descriptors
 * @param {Sources} sources
 */
function section(id, descriptors, sources) {
  const words = WORD_SECTIONS.find((one) => one.id === id)
  const structure = STRUCTURES.find((one) => one.id === id)
  const source = sources[(words ?? structure)?.descriptor ?? '']
  if (source === undefined) throw new Error(`The README has an unknown section: ${id}`)
  const opening = source.opening.join('\n')
  const intro = prose(source.opening)
  if (words !== undefined) return [intro, ...bitDiagrams(opening, words.wordLength)]
  if (structure === undefined) return []
  const layout = layOut(structure, descriptors, source)
  const meanings = layout.fields.map(({ meaning }) => meaning).join('\n')
  const isDescribedElsewhere = WORD_SECTIONS.some((one) => one.descriptor === structure.descriptor)
  return [
    ...(isDescribedElsewhere ? [] : [intro]),
    fenced(byteDiagram(layout)),
    table(layout),
    ...bitDiagrams(meanings, WORD_LENGTH),
  ]
}

/** The names of the sections that a README has to have. */
export const SECTION_IDS = [...STRUCTURES, ...WORD_SECTIONS].map(({ id }) => id)

/** @param {string} readme */
export function sectionIdsIn(readme) {
  return [...readme.matchAll(SECTION)].map(([, , id]) => id)
}

/**
 * The README with all its sections made anew from the descriptors.
 * @param {string} readme
 * @param {Descriptors} descriptors
 * @param {Sources} sources
 */
export function withDiagrams(readme, descriptors, sources) {
  return readme.replace(SECTION, (_, begin, id, end) => {
    const parts = section(id, descriptors, sources)
    return `${begin}\n${parts.join('\n\n')}\n\n${end}`
  })
}

/** Diagrams in plain text: structures, eight bytes a row, and words, from their highest bit on. */

/**
 * @typedef {import('./layout.mjs').Layout} Layout
 *
 * @typedef {object} Segment a field or a gap
 * @property {number} from first byte
 * @property {number} to the byte behind the last one
 * @property {string} label
 *
 * @typedef {object} Row
 * @property {number} offset
 * @property {readonly { from: number, to: number, label: string }[]} parts bytes 0 to 8 of the row
 * @property {boolean} goesOn whether rows of the same segment follow that are not drawn
 */

const ROW_LENGTH = 8
const BYTE_WIDTH = 8
const MARGIN_WIDTH = 6

/** @param {Layout} layout */
function segmentsOf(layout) {
  /** @type {Segment[]} */
  const segments = []
  for (const { offset, length, count, form, name } of layout.fields) {
    const label = count === 1 ? name : `${name}: ${count} times ${form}`
    segments.push({ from: offset, to: offset + length, label })
  }
  for (const { offset, length, reason = '?' } of layout.gaps) {
    segments.push({ from: offset, to: offset + length, label: `(${reason})` })
  }
  return segments.sort((left, right) => left.from - right.from)
}

/**
 * @param {readonly Segment[]} segments
 * @param {number} offset of the row
 */
function rowAt(segments, offset) {
  const parts = []
  for (const { from, to, label } of segments) {
    const first = Math.max(from, offset)
    const last = Math.min(to, offset + ROW_LENGTH)
    if (first >= last) continue
    parts.push({ from: first - offset, to: last - offset, label: first === from ? label : '' })
  }
  return parts
}

/** @param {Layout} layout */
function rowsOf(layout) {
  const segments = segmentsOf(layout)
  /** @type {Row[]} */
  const rows = []
  for (let offset = layout.base; offset < layout.base + layout.length; offset += ROW_LENGTH) {
    const parts = rowAt(segments, offset)
    const isMore = parts.length === 1 && parts[0]?.label === '' && parts[0].to === ROW_LENGTH
    const last = rows.at(-1)
    if (isMore && last !== undefined) last.goesOn = true
    else rows.push({ offset, parts, goesOn: false })
  }
  return rows
}

/**
 * @param {Row | undefined} above
 * @param {Row | undefined} below
 */
function border(above, below) {
  const line = ['+', ...'-'.repeat(ROW_LENGTH * BYTE_WIDTH - 1), '+']
  for (const row of [above, below]) {
    for (const { from } of row?.parts ?? []) line[from * BYTE_WIDTH] = '+'
  }
  return ' '.repeat(MARGIN_WIDTH) + line.join('')
}

/** @param {Row} row */
function body(row) {
  const cells = row.parts.map(({ from, to, label }) => {
    const width = (to - from) * BYTE_WIDTH - 1
    const text = label.startsWith('(') && label.length >= width ? '' : label
    return ` ${text}`.slice(0, width).padEnd(width)
  })
  return `${String(row.offset).padStart(MARGIN_WIDTH - 1)} |${cells.join('|')}|`
}

/**
 * The bytes of a structure. Long fields take one row, and a row of colons.
 * @param {Layout} layout
 */
export function byteDiagram(layout) {
  const rows = rowsOf(layout)
  const lines = [border(undefined, rows[0])]
  for (const [at, row] of rows.entries()) {
    lines.push(body(row))
    if (row.goesOn) {
      lines.push(`${' '.repeat(MARGIN_WIDTH)}:${' '.repeat(ROW_LENGTH * BYTE_WIDTH - 1)}:`)
    }
    lines.push(border(row, rows[at + 1]))
  }
  return lines.join('\n')
}

/**
 * The bits of a word: `label << shift | label`, as comments write it.
 * @param {string} expression
 * @param {number} wordLength in bytes
 */
export function bitDiagram(expression, wordLength) {
  const parts = expression.split(' | ').map((part) => {
    const [label = '', shift = '0'] = part.split(' << ')
    return { label, low: Number(shift), high: 0 }
  })
  let above = wordLength * 8
  for (const part of parts.sort((left, right) => right.low - left.low)) {
    part.high = above - 1
    above = part.low
  }
  const cells = parts.map(({ label, low, high }) => {
    const width = Math.max(label.length + 2, high - low, `${high}  ${low}`.length)
    const bits =
      high === low ? `${low}`.padEnd(width) : `${high}`.padEnd(width - `${low}`.length) + low
    return { bits, line: '-'.repeat(width), text: ` ${label}`.padEnd(width) }
  })
  const rule = `+${cells.map(({ line }) => line).join('+')}+`
  const lines = [
    ` ${cells.map(({ bits }) => bits).join(' ')}`,
    rule,
    `|${cells.map(({ text }) => text).join('|')}|`,
    rule,
  ]
  return lines.map((line) => `  ${line}`).join('\n')
}

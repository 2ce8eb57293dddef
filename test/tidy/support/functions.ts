/** A function of a file, or a method of a class in it. */
export interface FunctionLines {
  readonly name: string
  readonly lineCount: number
}

const FUNCTION = /^(?:export )?(?:default )?(?:async )?function\*? (\w+)/
const METHOD =
  /^ {2}(?:(?:private|protected|static|override|async|get|set) )*([#\w]+)(?:<[^(]*>)?\(.*[{(]$/
const STATEMENT = /^(?:if|for|while|switch|catch|return)$/

/** How many lines the functions and methods of a source have. The source is formatted. */
export function functionsOf(code: string): FunctionLines[] {
  const lines = code.split('\n')
  const functions: FunctionLines[] = []
  for (const [first, line] of lines.entries()) {
    const name = FUNCTION.exec(line)?.[1] ?? METHOD.exec(line)?.[1]
    if (name === undefined || STATEMENT.test(name)) continue
    const last = lastLine(lines, first)
    if (last !== undefined) functions.push({ name, lineCount: last - first + 1 })
  }
  return functions
}

/** Where the block ends that begins in a line, or undefined when the line is a call. */
function lastLine(lines: readonly string[], first: number): number | undefined {
  const indent = /^ */.exec(lines[first] ?? '')?.[0] ?? ''
  for (let at = first + 1; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === `${indent}}`) return at
    if (line.startsWith(`${indent})`) && !line.endsWith('{')) return undefined
    if (line.startsWith(`${indent}})`)) return undefined
  }
  return undefined
}

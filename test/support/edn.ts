/** Reads the part of EDN that histories are written in: maps, vectors, keywords, text and numbers. */
export type Edn = string | number | null | readonly Edn[] | { readonly [key: string]: Edn }

const TOKEN = /\s*,*\s*([{}[\]]|"(?:[^"\\]|\\.)*"|:[\w-]+|nil|-?\d[\w.+-]*)\s*,*/y

/** The values of a text; keywords are text that begins with a colon. */
export function readEdn(text: string): Edn[] {
  const tokens = tokensOf(text)
  const values: Edn[] = []
  while (tokens.length > 0) values.push(take(tokens))
  return values
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const [, token] = TOKEN.exec(text) ?? []
    if (token === undefined) throw new Error(`no EDN: ${text.slice(at, at + 40)}`)
    tokens.push(token)
  }
  return tokens.reverse()
}

/** Takes a value off the end of tokens that are the last ones first. */
function take(tokens: string[]): Edn {
  const token = tokens.pop() ?? ''
  if (token === '[' || token === '{') {
    const values: Edn[] = []
    const end = token === '[' ? ']' : '}'
    while (tokens.at(-1) !== end) values.push(take(tokens))
    tokens.pop()
    if (token === '[') return values
    const pairs = values.flatMap((key, at) => (at % 2 === 0 ? [[key, values[at + 1]]] : []))
    return Object.fromEntries(pairs)
  }
  if (token === 'nil') return null
  if (token.startsWith('"')) return JSON.parse(token)
  if (token.startsWith(':')) return token
  if (token === '' || token === ']' || token === '}') throw new Error(`no EDN: ${token}`)
  return Number(token)
}

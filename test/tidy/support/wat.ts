/** WebAssembly text as nested lists. */
export type WatNode = string | readonly WatNode[]

const TOKEN = /;;[^\n]*|\(;[\s\S]*?;\)|"(?:[^"\\]|\\.)*"|[()]|[^\s()";]+/g

/** Parses the text of a module; comments are left out. */
export function parseWat(text: string): readonly WatNode[] {
  const root: WatNode[] = []
  const open: WatNode[][] = [root]
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith(';;') || token.startsWith('(;')) continue
    const list = open.at(-1)
    if (list === undefined) throw new Error('The text has one parenthesis too many.')
    if (token === '(') {
      const child: WatNode[] = []
      list.push(child)
      open.push(child)
    } else if (token === ')') {
      open.pop()
    } else {
      list.push(token)
    }
  }
  if (open.length !== 1) throw new Error('A parenthesis of the text is not closed.')
  return root
}

/** Whether a node is a list that begins with this word. */
export function isList(node: WatNode | undefined, head?: string): node is readonly WatNode[] {
  if (node === undefined || typeof node === 'string') return false
  return head === undefined || node[0] === head
}

/** Calls `visit` for each list in a node, outermost first. */
export function visitLists(node: WatNode, visit: (list: readonly WatNode[]) => void): void {
  if (typeof node === 'string') return
  visit(node)
  for (const child of node) visitLists(child, visit)
}

import { readFileSync } from 'node:fs'

/** The version in the nearest `package.json` above this file, whether it runs from `src` or `dist`. */
export function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; ) {
    const version = versionIn(new URL('package.json', folder))
    if (version !== undefined) return version
    const parent = new URL('..', folder)
    if (parent.href === folder.href) return 'unknown'
    folder = parent
  }
}

function versionIn(url: URL): string | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(url, 'utf8'))
    if (typeof content !== 'object' || content === null || !('version' in content)) return undefined
    return String(content.version)
  } catch {
    return undefined
  }
}

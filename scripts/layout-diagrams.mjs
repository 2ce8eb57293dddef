/**
 * Makes the diagrams and tables of `native-layout/README.md` anew from the descriptors. With
 * `--accept-layout` it also records the fingerprint of this layout under its layout version.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { descriptorSources } from './layout/descriptor-files.mjs'
import { withDiagrams } from './layout/readme.mjs'

const README = new URL('../native-layout/README.md', import.meta.url)
const VERSIONS = new URL('../test/tidy/layout-versions.json', import.meta.url)
const BUILT = new URL('../dist/native-layout/fingerprint.js', import.meta.url)

const { DESCRIPTORS, layoutFingerprint } = await import(BUILT.href)

const readme = readFileSync(README, 'utf8')
writeFileSync(README, withDiagrams(readme, DESCRIPTORS, descriptorSources(DESCRIPTORS)))

if (process.argv.includes('--accept-layout')) {
  const versions = JSON.parse(readFileSync(VERSIONS, 'utf8'))
  const fingerprint = layoutFingerprint().toString(16).padStart(8, '0')
  versions[DESCRIPTORS.arenaHeader.LAYOUT_VERSION] = `0x${fingerprint}`
  writeFileSync(VERSIONS, `${JSON.stringify(versions, null, 2)}\n`)
}

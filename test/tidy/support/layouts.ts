import { DESCRIPTORS } from '../../../native-layout/fingerprint.ts'
import { descriptorSources } from '../../../scripts/layout/descriptor-files.mjs'
import { allConstants, type Field, type Layout, layOut } from '../../../scripts/layout/layout.mjs'
import { STRUCTURES } from '../../../scripts/layout/structures.mjs'

/** The comments of all descriptors. */
export const SOURCES: ReturnType<typeof descriptorSources> = descriptorSources(DESCRIPTORS)

/** All constants of all descriptors, by name. */
export const CONSTANTS: Readonly<Record<string, number>> = allConstants(DESCRIPTORS)

/** Every structure that has fields. */
export const LAYOUTS: readonly Layout[] = STRUCTURES.map((structure) => {
  const source = SOURCES[structure.descriptor]
  if (source === undefined) throw new Error(`There is no descriptor ${structure.descriptor}.`)
  return layOut(structure, DESCRIPTORS, source)
})

/** Every field, by the name of its constant. */
export const FIELDS: ReadonlyMap<string, Field> = new Map(
  LAYOUTS.flatMap(({ fields }) => fields.map((field) => [field.constant, field])),
)

/** The layout of one structure. */
export function layoutOf(id: string): Layout {
  const layout = LAYOUTS.find(({ structure }) => structure.id === id)
  if (layout === undefined) throw new Error(`There is no structure ${id}.`)
  return layout
}

/** The value of a constant of a descriptor. */
export function constant(name: string): number {
  const value = CONSTANTS[name]
  if (value === undefined) throw new Error(`No descriptor has ${name}.`)
  return value
}

/** The offsets of all bytes of some fields. */
export function bytesOf(fields: readonly Field[]): Set<number> {
  const bytes = new Set<number>()
  for (const { offset, length } of fields) {
    for (let at = offset; at < offset + length; at++) bytes.add(at)
  }
  return bytes
}

import { Arena } from '#dist/src/memory/arena.js'

/** An arena that several instances of the kernel share, as several threads do. */
export function createArenas(lengthBytes: number, count: number): Arena[] {
  const first = Arena.create({ lengthBytes })
  const others = Array.from({ length: count - 1 }, () => Arena.attach(first))
  return [first, ...others]
}

/** The id of the cell of a key of three bytes, which comes into being where there is none. */
export function cellOf(arena: Arena, key: number): number {
  arena.bytes.set([3, key >>> 16, (key >>> 8) & 255, key & 255], arena.scratch)
  return arena.kernel.lookUpOrInsert(4)
}

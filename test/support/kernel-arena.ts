import { Arena } from '#dist/src/memory/arena.js'

/** An arena that several instances of the kernel share, as several threads do. */
export function createArenas(lengthBytes: number, count: number): Arena[] {
  const first = Arena.create({ lengthBytes })
  const others = Array.from({ length: count - 1 }, () => Arena.attach(first))
  return [first, ...others]
}

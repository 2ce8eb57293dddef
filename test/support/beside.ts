/** Work that the main thread does at a time, before it looks at its events again. */
const SLICE_MS = 40

/**
 * Lets the main thread work in slices while the workers do. What comes first in the result is the
 * workers'.
 */
export async function beside<T>(
  workers: Promise<T[]>,
  untilMs: number,
  slice: (untilMs: number, index: number) => T,
): Promise<T[]> {
  // A failure of the main thread comes first; that of the workers must not end the process then.
  workers.catch(() => {})
  const own: T[] = []
  while (Date.now() < untilMs) {
    own.push(slice(Math.min(untilMs, Date.now() + SLICE_MS), own.length))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return [...(await workers), ...own]
}

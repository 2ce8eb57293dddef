/** Where a run says what it is doing. */
export interface Progress {
  /** Replaces what was shown before. */
  show(text: string): void
  /** Takes the last text away. */
  end(): void
}

const CLEAR_LINE = '\r\u001b[K'

/** Returns a progress line on a terminal; on anything else, one that says nothing. */
export function progressOn(stream: NodeJS.WriteStream, title: string): Progress {
  if (!stream.isTTY) return { show: () => {}, end: () => {} }
  return {
    show: (text) => stream.write(`${CLEAR_LINE}${title}: ${text}`),
    end: () => stream.write(CLEAR_LINE),
  }
}

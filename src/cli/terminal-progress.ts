import cliProgress from 'cli-progress'
import { formatDuration, formatRate } from './number-format.ts'

const PLAIN_LINE_INTERVAL_MS = 3_000
const BAR_FORMAT = '{title} {bar} {percentage}% | {rate} | {note}ETA {eta_text}'

interface Phase {
  readonly title: string
  readonly total: number
  readonly startedMs: number
  readonly bar: cliProgress.SingleBar | undefined
  lastLineMs: number
}

/**
 * Progress of one phase at a time, on a stream of its own (stderr): a bar on a terminal, otherwise a
 * plain line every three seconds. Call `close` in a `finally`: it gives the terminal its cursor back.
 */
export class TerminalProgress {
  readonly #stream: NodeJS.WriteStream
  #phase: Phase | undefined

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  /** Starts a phase of `total` steps. A phase that still runs is ended first. */
  begin(title: string, total: number): void {
    this.close()
    const startedMs = performance.now()
    const bar = this.#stream.isTTY ? createBar(this.#stream) : undefined
    this.#phase = { title, total, startedMs, bar, lastLineMs: startedMs }
    bar?.start(total, 0, { title: title.padEnd(22), rate: '-', note: '', eta_text: '-' })
  }

  /** Says how far the phase is. `note` is shown beside the rate: aborts, snapshots. */
  update(done: number, note: string = ''): void {
    const phase = this.#phase
    if (phase === undefined) return
    const nowMs = performance.now()
    const perMs = done / (nowMs - phase.startedMs)
    const etaMs = done === 0 ? Number.NaN : (phase.total - done) / perMs
    const rate = formatRate(perMs * 1e3)
    const eta = formatDuration(etaMs)
    if (phase.bar !== undefined) {
      phase.bar.update(done, { rate, note: note === '' ? '' : `${note} | `, eta_text: eta })
    } else if (nowMs - phase.lastLineMs >= PLAIN_LINE_INTERVAL_MS) {
      phase.lastLineMs = nowMs
      const percentage = Math.floor((100 * done) / phase.total)
      const parts = [`${phase.title}: ${percentage}%`, rate, note, `ETA ${eta}`]
      this.line(parts.filter((part) => part !== '').join(' | '))
    }
  }

  /** Ends the phase and leaves one line that says how it went. */
  end(summary: string): void {
    const phase = this.#phase
    if (phase === undefined) return
    this.close()
    this.line(`${phase.bar === undefined ? phase.title : phase.title.padEnd(22)} ${summary}`)
  }

  /** Writes one line of text. */
  line(text: string): void {
    this.#stream.write(`${text}\n`)
  }

  /** Removes an unfinished bar and restores the cursor. Harmless when nothing runs. */
  close(): void {
    this.#phase?.bar?.stop()
    this.#phase = undefined
  }
}

function createBar(stream: NodeJS.WriteStream): cliProgress.SingleBar {
  return new cliProgress.SingleBar(
    {
      stream,
      format: BAR_FORMAT,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      autopadding: true,
    },
    cliProgress.Presets.shades_classic,
  )
}

import type { Khonsu } from '../../src/index.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { CountingForm, HotAddJobInput } from '../jobs/hot-add-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { createStartBarrier, type SliceResult } from '../slice.ts'
import { median, pairedRatio } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const HOT_ADD_JOB_URL = new URL('../jobs/hot-add-job.js', import.meta.url)
const MEMORY_BYTES = 2 ** 27
const NS_PER_SECOND = 1e9
const KEY = 'hits'
const FORMS: readonly CountingForm[] = ['add', 'update']

/**
 * One counter that all workers count in. With `add` nobody conflicts; with `update`, which reads and
 * writes it, nearly everybody does. Slices of both take turns in the same threads.
 */
export const hotAdd: MeasurementWorkload = {
  kind: 'measurement',
  name: 'hot-add',
  description: 'count in one shared cell by add, beside the same by update',
  defaults: { cellCount: 1, cellCountMin: 1, workerCounts: [2], seconds: 1, roundCount: 8 },
  measure: measureHotAdd,
}

/** What the slices of one form came to. */
class FormTally {
  readonly throughputs: number[] = []
  readonly abortsByCause: Record<string, number> = {}
  transactionCount = 0
}

async function measureHotAdd(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { seed, isolation } = settings
  const workers = Math.max(...settings.workerCounts)
  const { Khonsu } = await import('../../src/index.ts')
  await using khonsu = await Khonsu.open({ workers, isolation, memory: MEMORY_BYTES })
  const tallies = { add: new FormTally(), update: new FormTally() }
  const durationNs = settings.seconds * NS_PER_SECOND
  for (let round = 0; round <= settings.roundCount; round++) {
    watch.progress.show(round === 0 ? 'warm-up' : `round ${round} of ${settings.roundCount}`)
    for (const form of round % 2 === 0 ? FORMS : FORMS.toReversed()) {
      await runSlices(khonsu, tallies[form], { form, workers, durationNs, round }, watch)
    }
  }
  const counted = tallies.add.transactionCount + tallies.update.transactionCount
  const invariant = khonsu.transact((tx) => tx.get(KEY)) === counted
  const ratio = pairedRatio(tallies.add.throughputs, tallies.update.throughputs)
  const abortsOf = (form: CountingForm): number =>
    Object.values(tallies[form].abortsByCause).reduce((sum, count) => sum + count, 0)
  return {
    workload: 'hot-add',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs: FORMS.map((form): BenchRun => {
      const { throughputs, abortsByCause } = tallies[form]
      const throughputPerSecond = median(throughputs)
      return {
        name: form,
        workers,
        isolation,
        throughputPerSecond,
        abortsByCause,
        latencyNs: null,
        invariant,
      }
    }),
    figures: {
      'add/update': ratio.median,
      'add: aborts': abortsOf('add'),
      'update: aborts a commit': abortsOf('update') / tallies.update.transactionCount,
    },
    ratios: { 'add/update': ratio },
  }
}

/** One slice of one form in all workers; that of round 0 is not counted but in the sum. */
async function runSlices(
  khonsu: Khonsu,
  tally: FormTally,
  slice: { form: CountingForm; workers: number; durationNs: number; round: number },
  { signal }: RunWatch,
): Promise<void> {
  const { form, workers, durationNs, round } = slice
  const barrier = createStartBarrier()
  const input: HotAddJobInput = { form, key: KEY, workerCount: workers, durationNs, barrier }
  const before = khonsu.stats().aborts.byCause
  const options = signal === undefined ? {} : { signal }
  const results = (await khonsu.runAll(HOT_ADD_JOB_URL, input, options)) as SliceResult[]
  for (const { transactionCount } of results) tally.transactionCount += transactionCount
  for (const [cause, count] of Object.entries(khonsu.stats().aborts.byCause)) {
    const more = count - (before[cause as keyof typeof before] ?? 0)
    if (more !== 0) tally.abortsByCause[cause] = (tally.abortsByCause[cause] ?? 0) + more
  }
  if (round === 0) return
  const perSecond = ({ transactionCount, startedNs, endedNs }: SliceResult): number =>
    (transactionCount * NS_PER_SECOND) / (endedNs - startedNs)
  tally.throughputs.push(results.reduce((sum, result) => sum + perSecond(result), 0))
}

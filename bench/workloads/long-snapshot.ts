import type { MeasurementWorkload } from '../workload.ts'

/**
 * As `churn`, with one snapshot that is open from before the first update until after the last. It
 * lasts for `--seconds` and for `--count` updates, whichever takes longer. At the end the snapshot
 * has to be what it was.
 */
export const longSnapshot: MeasurementWorkload = {
  kind: 'measurement',
  name: 'long-snapshot',
  description: 'arena use after many updates, under one snapshot that stays open',
  defaults: { cellCount: 100_000, workerCounts: [2], seconds: 60, count: 20_000_000 },
  measure: async (settings, watch) => {
    const { measureEndurance } = await import('../endurance-run.ts')
    return await measureEndurance(
      {
        name: 'long-snapshot',
        readerUrl: new URL('../jobs/long-snapshot-job.js', import.meta.url),
        secondsMin: settings.seconds,
      },
      settings,
      watch,
    )
  },
}

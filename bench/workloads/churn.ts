import type { MeasurementWorkload } from '../workload.ts'

/**
 * Does the arena stay as small as it was? Workers update random cells, while another one opens
 * snapshots, adds up all cells in each and closes it. `end/early` is the answer.
 */
export const churn: MeasurementWorkload = {
  kind: 'measurement',
  name: 'churn',
  description: 'arena use after many updates, under snapshots that come and go',
  defaults: { cellCount: 100_000, workerCounts: [2], count: 50_000_000 },
  measure: async (settings, watch) => {
    const { measureEndurance } = await import('../endurance-run.ts')
    return await measureEndurance(
      {
        name: 'churn',
        readerUrl: new URL('../jobs/passing-snapshots-job.js', import.meta.url),
        secondsMin: 0,
      },
      settings,
      watch,
    )
  },
}

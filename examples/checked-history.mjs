/** Records what threads do, and checks that their isolation level allows it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Khonsu } from 'khonsu'
import { checkHistoryFiles, recordHistory } from 'khonsu/history'

const WORKERS = 3

const folder = await mkdtemp(join(tmpdir(), 'history-'))
const khonsu = await Khonsu.open({ workers: WORKERS, memory: 64 * 1024 * 1024 })
try {
  // Each thread records for itself; the files of all are checked together.
  const files = Array.from({ length: WORKERS }, (_, n) => join(folder, `worker-${n}.ndjson`))
  const job = new URL('./checked-history-worker.mjs', import.meta.url)
  await khonsu.runAll(job, (worker) => ({ file: files[worker], transfers: 2_000 }))
  const report = await checkHistoryFiles(files)
  console.log(`${report.committed} transfers, as promised: ${report.passed}`)

  // Two doctors leave, each because the other one is on call: repeatable-read allows that.
  const file = join(folder, 'doctors.ndjson')
  const recorded = recordHistory(khonsu, { file })
  recorded.transact((tx) => {
    tx.set('ann', 'on call')
    tx.set('bob', 'on call')
  })
  const ann = recorded.startTransaction({ isolation: 'repeatable-read', name: 'ann leaves' })
  const bob = recorded.startTransaction({ isolation: 'repeatable-read', name: 'bob leaves' })
  if (ann.read('bob') === 'on call') ann.write('ann', 'away')
  if (bob.read('ann') === 'on call') bob.write('bob', 'away')
  ann.commit()
  bob.commit()
  recorded.close()

  const { satisfies, anomalies } = await checkHistoryFiles([file], { level: 'serializable' })
  console.log(`the doctors: ${satisfies}`)
  for (const { class: name, allowed, example } of anomalies) {
    console.log(`${name}, allowed at serializable: ${allowed}`)
    for (const { from, kind, to, key } of example.edges)
      console.log(`${from} -${kind}-> ${to} ${key}`)
  }
} finally {
  await khonsu.close()
  await rm(folder, { recursive: true })
}

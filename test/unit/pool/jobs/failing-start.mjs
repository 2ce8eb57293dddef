/** Loaded into every thread before its own program: ends some threads of the pool while they start. */
import { threadId } from 'node:worker_threads'

const [how, which, thread] = (process.env.KHONSU_TEST_START ?? '').split(' ')
const isMeant = which === 'from' ? threadId >= Number(thread) : threadId === Number(thread)
if (process.argv[1]?.includes('piscina') && isMeant) {
  if (how === 'throw') throw new Error('not today')
  process.exit(7)
}

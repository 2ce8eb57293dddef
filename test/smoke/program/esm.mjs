import * as khonsu from 'khonsu'
import { run } from './run.mjs'

await run(khonsu)

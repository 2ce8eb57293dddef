/** `khonsu/testing`: explores the orders in which threads can access the shared memory of a store. */
export { describeExploration, type Exploration, type Failure } from './testing/exploration.ts'
export {
  type ExhaustOptions,
  Explorer,
  type ExplorerOptions,
  type Replay,
  type SampleOptions,
} from './testing/explorer.ts'
export { describeOutcome, matches, type Outcome } from './testing/outcome.ts'
export { type CompiledScenario, compileScenario, type Scenario } from './testing/scenario.ts'

/** `khonsu/testing`: explores the orders in which threads can access the shared memory of a store. */
export { describeExploration, type Exploration, type Failure } from './exploration.ts'
export {
  type ExhaustOptions,
  Explorer,
  type ExplorerOptions,
  type Replay,
  type SampleOptions,
} from './explorer.ts'
export { describeOutcome, matches, type Outcome } from './outcome.ts'
export { type CompiledScenario, compileScenario, type Scenario } from './scenario.ts'

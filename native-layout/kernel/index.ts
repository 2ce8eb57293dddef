/** What the kernel offers to TypeScript: free functions over addresses in the arena. */
export { createArena, clock } from './arena'
export { attachThread, detachThread, thread, threadRecord } from './thread-record'
export { giveData, takeData } from './allocator'
export { pageEntry } from './pages'
export {
  blockLength,
  cellGeneration,
  hashBytes,
  keyOf,
  lookUp,
  lookUpOrInsert,
  scratch,
  scratchHash,
} from './hash-index'
export { horizon, refreshHorizon, slotAddress, slotCount } from './horizon'
export { abort, acquireSlot, begin, isLive, nameSlot, releaseSlot, revoke } from './transaction'
export { gapWord, read, readGap } from './read'
export { writeNumber, writeValue } from './write'
export { commit } from './commit'
export { pageChains, slotPhase, threadStatistic } from './statistics'
export { sweepPage } from './sweep'

/** What the kernel offers to TypeScript: free functions over addresses in the arena. */

export { hasWritten } from './access-set'
export { giveData, reserve, takeData } from './allocator'
export { clock, createArena, nextTransactionId } from './arena'
export { chunkBlock, chunkId, dropChunk, holdChunk, takeBatch } from './chunk'
export { commit } from './commit'
export {
  blockLength,
  foundGeneration,
  keyOf,
  lookUp,
  lookUpOrInsert,
  scratch,
} from './hash-index'
export { horizon, slotCount } from './horizon'
export { mergeWrite, readBase, rebaseWrite } from './merge'
export { modify } from './modify'
export { forgetNames, takeName } from './names'
export { pageEntry } from './pages'
export { madePin, nextPin, pinBatch, pinWord, releasePin, releasePinsOf } from './pins'
export { lookUpForRead, read } from './read'
export { recoverSlot, recoverThread } from './recover'
export { releaseReplacedOfAll } from './replaced'
export { releaseRetired } from './retired'
export { addRowsTo, nextChain, olderBlock, replaceCurrent, replaceOlder } from './rows'
export { scan } from './scan'
export { registerSchema } from './schema'
export { countOpen, pageChains, slotName, slotPhase, threadStatistic } from './statistics'
export { sweepCells } from './sweep'
export { attachThread, countAbort, detachThread, findThread, threadRecord } from './thread-record'
export {
  abort,
  acquireSlot,
  begin,
  dismiss,
  isLive,
  nameSlot,
  pin as pinSlot,
  releaseSlot,
  revokeSlot,
  settleSnapshot,
} from './transaction'
export { appendBatch, updateBigint, updateNumber } from './update'
export { writeNumber, writeValue } from './write'

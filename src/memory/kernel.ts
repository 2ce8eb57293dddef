import { readFileSync } from 'node:fs'

/**
 * The exports of the WebAssembly kernel. Addresses and ids are unsigned 32-bit numbers, which
 * arrive in JavaScript as signed ones: `>>> 0` where an address is used as one. A status is 0 or a
 * STATUS_ code of native-layout/status-codes.ts.
 */
export interface Kernel {
  createArena(
    pageCount: number,
    gapCount: number,
    fingerprint: number,
    segmentPages: number,
    segmentCount: number,
    poison: number,
    storeId: number,
  ): void
  nextTransactionId(): number
  clock(): bigint
  horizon(): bigint
  releaseRetired(): number
  releaseReplacedOfAll(): void

  attachThread(nodeId: number): number
  findThread(nodeId: number): number
  recoverThread(index: number): number
  recoverSlot(slot: number): number
  detachThread(): void
  threadRecord(index: number): number
  threadStatistic(index: number, offset: number): number
  countAbort(cause: number): void

  takeData(length: number): number
  giveData(payload: number): void
  takeName(length: number): number
  forgetNames(): void
  takeBatch(headerLength: number, bodyLength: number): number
  appendBatch(slot: number, cell: number, generation: number, chunk: number, block: number): number
  olderBlock(chunk: number): number
  addRowsTo(chunk: number, block: number, olderChunk: number, older: number): number
  nextChain(firstCell: number, count: number): number
  replaceCurrent(
    slot: number,
    cell: number,
    seenId: number,
    wantedChunk: number,
    wantedBlock: number,
  ): number
  replaceOlder(
    chunk: number,
    id: number,
    seenBlock: number,
    wantedChunk: number,
    wantedBlock: number,
  ): number
  registerSchema(payload: number, fingerprint: number): number
  chunkId(handle: number): number
  chunkBlock(handle: number): number
  holdChunk(handle: number, id: number): number
  dropChunk(handle: number): void
  pinBatch(chunk: number, id: number): number
  madePin(): bigint
  pinWord(number: number): bigint
  releasePin(number: number, pin: bigint): number
  releasePinsOf(index: number): void
  nextPin(number: number): number
  reserve(sizeClass: number, wanted: number): number
  blockLength(payload: number): number
  pageEntry(page: number): number
  pageChains(page: number): bigint
  sweepCells(
    slot: number,
    first: number,
    count: number,
    writtenBefore: bigint,
    unbornBefore: bigint,
  ): number

  scratch(): number
  lookUp(keyLength: number): number
  lookUpOrInsert(keyLength: number): number
  lookUpForRead(slot: number, keyLength: number): number
  keyOf(cell: number): number
  foundGeneration(): number

  acquireSlot(): number
  releaseSlot(slot: number): void
  slotCount(): number
  countOpen(bit: number): number
  slotPhase(id: number): bigint
  nameSlot(slot: number, handle: number): void
  slotName(id: number): number
  begin(slot: number, mode: number): void
  settleSnapshot(slot: number): number
  pinSlot(slot: number): void
  dismiss(slot: number): void
  isLive(slot: number): number
  revokeSlot(id: number, phase: bigint): number
  read(slot: number, cell: number, generation: number): number
  writeNumber(slot: number, cell: number, generation: number, value: number): number
  writeValue(
    slot: number,
    cell: number,
    generation: number,
    tag: number,
    low: number,
    high: number,
  ): number
  updateNumber(
    slot: number,
    cell: number,
    generation: number,
    update: number,
    operand: number,
  ): number
  updateBigint(
    slot: number,
    cell: number,
    generation: number,
    update: number,
    low: number,
    high: number,
  ): number
  scan(slot: number, startLength: number, endLength: number, flags: number, limit: number): number
  hasWritten(slot: number, cell: number): number
  readBase(slot: number, cell: number, generation: number): number
  mergeWrite(slot: number, cell: number): void
  rebaseWrite(slot: number, cell: number, other: number, keeps: number): number
  modify(
    slot: number,
    cell: number,
    generation: number,
    length: number,
    fingerprint: number,
  ): number
  commit(slot: number): number
  abort(slot: number, cause: number): void
}

const KERNEL_URL = new URL('../../native-layout/kernel.wasm', import.meta.url)

let compiled: WebAssembly.Module | undefined

/** Makes this thread's instance of the kernel over an arena's memory. */
export function instantiateKernel(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(readFileSync(KERNEL_URL))
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  // A copy: property look-ups on an ordinary object are quick, on an exports object they are not.
  return { ...exports } as unknown as Kernel
}

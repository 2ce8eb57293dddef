import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type { Arena } from '../memory/arena.ts'

/** Names a thread may use; later ones are not told to others. */
const NAME_COUNT_MAX = 1024

/** Characters of a name that others are told. */
const NAME_LENGTH_MAX = 128

/** Address of the block with this handle. */
function addressOf(handle: number): number {
  return (handle >>> 0) * (1 << HANDLE_SHIFT)
}

/** Transaction names in shared memory, so that an error in one thread can name another's. */
export class NameTable {
  readonly #arena: Arena
  readonly #handles = new Map<string, number>()

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** Handle of the block that holds a name; 0 when there is no room for it. */
  handleOf(name: string): number {
    const known = this.#handles.get(name)
    if (known !== undefined) return known
    if (this.#handles.size >= NAME_COUNT_MAX) return 0
    const { kernel, text } = this.#arena
    const bytes = Buffer.from(name.slice(0, NAME_LENGTH_MAX), 'utf8')
    const payload = kernel.takeName(bytes.length) >>> 0
    if (payload === 0) return 0
    text.set(bytes, payload)
    const handle = payload >>> HANDLE_SHIFT
    this.#handles.set(name, handle)
    return handle
  }

  /** The name of the transaction in a slot, if it has one. */
  nameOfSlot(id: number): string | undefined {
    const { kernel, text } = this.#arena
    const handle = kernel.slotName(id)
    if (handle === 0) return undefined
    const payload = addressOf(handle)
    const name = text.toString('utf8', payload, payload + kernel.blockLength(payload))
    // A thread gives its names back when none of its transactions has one any more.
    return kernel.slotName(id) === handle ? name : undefined
  }

  /** Gives the names back. No transaction of this thread may have one. */
  close(): void {
    this.#arena.kernel.forgetNames()
    this.#handles.clear()
  }
}

/** A thread that is explored, wherever it runs: in a worker, or beside the explorer itself. */
import {
  ControlBlock,
  type ControlBuffers,
  CRASHED,
  DEAD,
  FINISHED,
  STOPPED,
  THREAD_INDEX,
} from './control-block.ts'
import { HookedKernel } from './hooked-kernel.ts'
import { Participant } from './participant.ts'
import type { Plan } from './plan.ts'
import type { Statement } from './program.ts'
import { awaitTurn, Stepper, ThreadDeath } from './stepper.ts'

/** Everything a thread needs, in a form that travels. */
export interface ThreadSetup {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly buffers: ControlBuffers
  readonly plan: Plan
  readonly threadCount: number
  readonly mortal: number
  readonly me: number
  readonly statements: readonly Statement[]
  readonly slotCount: number
  /** A key that nobody else uses. */
  readonly ownKey: number
}

/** One thread with its kernel, ready for its first run. */
export class ExploredThread {
  readonly #setup: ThreadSetup
  readonly #control: ControlBlock
  readonly #stepper: Stepper
  readonly #hooked: HookedKernel
  readonly #participant: Participant

  constructor(setup: ThreadSetup) {
    const { module, memory, buffers, plan, threadCount, mortal, me } = setup
    const { buffer } = memory
    this.#setup = setup
    this.#control = new ControlBlock(buffers, buffer, threadCount, mortal)
    this.#stepper = new Stepper(this.#control, buffer, me)
    this.#hooked = new HookedKernel(module, memory, this.#stepper.beforeAccess)
    const { kernel } = this.#hooked
    this.#control.words[THREAD_INDEX + me] = kernel.attachThread(-1 - me)
    const awaitEnd = (thread: number): void => this.#stepper.awaitEnd(thread)
    const { slotCount } = setup
    this.#participant = new Participant(plan, kernel, this.#control, buffer, {
      slotCount,
      awaitEnd,
      onTick: () => this.#stepper.tick(),
    })
    this.#participant.warmUp(setup.ownKey)
    this.#hooked.keep()
  }

  /** Does the program once, when the first turn has come. */
  run(): void {
    this.#hooked.restore()
    this.#stepper.start()
    try {
      this.#participant.run(this.#setup.statements)
      this.#stepper.end(FINISHED)
    } catch (error) {
      if (!(error instanceof ThreadDeath)) this.#control.message = String(error)
      this.#stepper.end(error instanceof ThreadDeath ? DEAD : CRASHED)
    }
  }

  /** Does the program again and again, until the explorer says that it is over. */
  serve(): void {
    const { words } = this.#control
    while (true) {
      awaitTurn(words, this.#setup.me)
      if (words[STOPPED] !== 0) return
      this.run()
    }
  }
}

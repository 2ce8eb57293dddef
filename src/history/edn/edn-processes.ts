/** The processes of an EDN history: each has one open operation at a time, and belongs to one thread. */
export class EdnProcesses {
  readonly #idle = new Map<number, number[]>()
  #count = 0

  /** A process of a thread that has nothing open. */
  begin(thread: number): number {
    return this.#idle.get(thread)?.pop() ?? this.#count++
  }

  /** The operation of a process has ended, and is known to have happened or not. */
  end(thread: number, process: number): void {
    const idle = this.#idle.get(thread)
    if (idle === undefined) this.#idle.set(thread, [process])
    else idle.push(process)
  }
}

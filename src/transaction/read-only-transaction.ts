import { ReadOnlyTransactionError } from '../errors/transaction-errors.ts'
import type { Session } from './session.ts'
import { Transaction } from './transaction.ts'

/**
 * One open transaction that was begun with `readOnly`, as its body sees it. What would write throws,
 * and does not compile where the compiler knows this type.
 */
export class ReadOnlyTransaction extends Transaction {
  /** @throws {ReadOnlyTransactionError} */
  override set(): never {
    return this.#refuse('set')
  }

  /** @throws {ReadOnlyTransactionError} */
  override update(): never {
    return this.#refuse('update')
  }

  /** @throws {ReadOnlyTransactionError} */
  override modify(): never {
    return this.#refuse('modify')
  }

  /** @throws {ReadOnlyTransactionError} */
  override delete(): never {
    return this.#refuse('delete')
  }

  /** @throws {ReadOnlyTransactionError} */
  override setAt(): never {
    return this.#refuse('setAt')
  }

  /** @throws {ReadOnlyTransactionError} */
  override add(): never {
    return this.#refuse('add')
  }

  /** @throws {ReadOnlyTransactionError} */
  override max(): never {
    return this.#refuse('max')
  }

  /** @throws {ReadOnlyTransactionError} */
  override min(): never {
    return this.#refuse('min')
  }

  /** @throws {ReadOnlyTransactionError} */
  override append(): never {
    return this.#refuse('append')
  }

  /** @throws {ReadOnlyTransactionError} */
  override upsert(): never {
    return this.#refuse('upsert')
  }

  /** @throws {ReadOnlyTransactionError} */
  override union(): never {
    return this.#refuse('union')
  }

  /** @throws {ReadOnlyTransactionError} */
  override deleteRows(): never {
    return this.#refuse('deleteRows')
  }

  /** @internal */
  override get isReadOnly(): boolean {
    return true
  }

  #refuse(call: string): never {
    this.assertOpen()
    throw this.poison(new ReadOnlyTransactionError({ call }))
  }
}

/** A transaction in a slot, as its options say. */
export function openTransaction(
  session: Session,
  slot: number,
  options: { readonly readOnly?: boolean | undefined } | undefined,
): Transaction {
  return options?.readOnly === true
    ? new ReadOnlyTransaction(session, slot)
    : new Transaction(session, slot)
}

/** Updates that commute, in all their cases. */
import { TAG_ADD, TAG_MAX, TAG_MIN } from '../../native-layout/status-codes.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Kernel } from '../memory/kernel.ts'
import type { Key } from '../values/key.ts'
import { type NumericUpdate, numericOperand, updated } from '../values/numeric-update.ts'
import type { Value } from '../values/value.ts'
import { handleOf, readTarget, writeTarget, writing } from './access.ts'
import { Ref } from './ref.ts'
import type { CellHandle } from './session.ts'
import type { Transaction } from './transaction.ts'

const TAG_OF_CALL: Readonly<Record<NumericUpdate, number>> = {
  add: TAG_ADD,
  max: TAG_MAX,
  min: TAG_MIN,
}

/** Notes an update of a key or a ref, or does it at once where the transaction knows the value. */
export function updateTarget(
  tx: Transaction,
  call: NumericUpdate,
  target: Key | Ref<unknown>,
  given: unknown,
): void {
  tx.assertOpen()
  try {
    const operand = numericOperand(call, given)
    const handle = handleOf(tx, target)
    if (target instanceof Ref) {
      if (target.codec !== undefined) throw refuseCodec(target)
      if (target.initial !== undefined) {
        // While the key has no value it counts as the initial one, which the kernel does not know.
        writeTarget(tx, target, updated(call, target.key, readTarget(tx, target), operand) as Value)
        return
      }
    }
    writing(tx, handle, (cell) => noteUpdate(tx.kernel, tx.slot, cell, TAG_OF_CALL[call], operand))
  } catch (error) {
    throw tx.poison(error)
  }
}

function noteUpdate(
  kernel: Kernel,
  slot: number,
  { cell, generation }: CellHandle,
  tag: number,
  operand: number | bigint,
): number {
  if (typeof operand === 'number') {
    return kernel.updateNumber(slot, cell, generation, tag, operand)
  }
  const low = Number(operand & 0xffffffffn)
  const high = Number((operand >> 32n) & 0xffffffffn)
  return kernel.updateBigint(slot, cell, generation, tag, low, high)
}

function refuseCodec({ key }: Ref<unknown>): InvalidOptionError {
  const accepted = 'a key, or a ref without a codec'
  return new InvalidOptionError({ option: 'ref', given: key, accepted })
}

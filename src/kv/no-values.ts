import { ShoalError } from '../base/errors.ts'
import type { ValueHandlers } from './ports.ts'

/** The handlers of a node that keeps no values: all say NOT_IMPLEMENTED. */
export const NO_VALUES: ValueHandlers = {
  storeValues: refuse,
  getValue: refuse,
  offerValues: refuse,
}

function refuse(): never {
  throw new ShoalError('NOT_IMPLEMENTED', 'This node keeps no values.')
}

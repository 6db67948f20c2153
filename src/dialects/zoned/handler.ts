import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import type { Caller } from '../dialect.ts'

/** Fails the call itself; other errors of a handler are answered in its message. */
export class RpcError extends ShoalError {}

export type EncodedCall = (request: Uint8Array, from: Caller) => Promise<Uint8Array>

/** `/package.Service/Method` */
export const pathOf = (method: DescMethodUnary): string => `/${method.parent.typeName}/${method.name}`

/**
 * A call by its path, as a listener takes it: decodes, runs, encodes, for systems that tell in `status` and `message` how it went. What `run` answers
 * is a "success"; a ShoalError becomes a "failed". What cannot be decoded is an RpcError.
 */
export function handler<M extends DescMethodUnary>(
  method: M,
  run: (request: MessageShape<M['input']>, from: Caller) => object | Promise<object>,
): [path: string, call: EncodedCall] {
  const answer = async (request: MessageShape<M['input']>, from: Caller): Promise<object> => {
    try {
      return { status: 'success', message: 'Done.', ...(await run(request, from)) }
    } catch (error) {
      if (!(error instanceof ShoalError) || error instanceof RpcError) throw error
      return { status: 'failed', message: error.message }
    }
  }
  const call: EncodedCall = async (bytes, from) => {
    const message = (await answer(decoded(method, bytes), from)) as MessageInitShape<M['output']>
    return toBinary(method.output, create(method.output, message))
  }
  return [pathOf(method), call]
}

function decoded<M extends DescMethodUnary>(method: M, bytes: Uint8Array): MessageShape<M['input']> {
  try {
    return fromBinary(method.input, bytes) as MessageShape<M['input']>
  } catch (cause) {
    throw new RpcError('INVALID_ARGUMENT', `This is no ${method.input.name}.`, { cause })
  }
}

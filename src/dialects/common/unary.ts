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

export type EncodedCall = (request: Uint8Array, from: Caller) => Promise<Uint8Array>

/** `/package.Service/Method` */
export const pathOf = ({ parent, name }: DescMethodUnary): string => `/${parent.typeName}/${name}`

/** A unary call by its path, as a listener of gRPC takes it: decodes, runs, encodes. What cannot be decoded is INVALID_ARGUMENT. */
export function unary<M extends DescMethodUnary>(
  method: M,
  run: (
    request: MessageShape<M['input']>,
    from: Caller,
  ) => MessageInitShape<M['output']> | Promise<MessageInitShape<M['output']>>,
): [path: string, call: EncodedCall] {
  const call: EncodedCall = async (bytes, from) => {
    const answer = await run(decoded<M['input']>(method.input, bytes, 'INVALID_ARGUMENT'), from)
    return toBinary(method.output, create(method.output, answer))
  }
  return [pathOf(method), call]
}

/**
 * The same, for systems that tell in `status` and `message` how it went: what `run` answers, if anything, is a "success", a ShoalError that it throws a
 * "failed". What cannot be decoded fails the call itself.
 */
export function unaryWithStatus<M extends DescMethodUnary>(
  method: M,
  run: (request: MessageShape<M['input']>, from: Caller) => unknown,
): [path: string, call: EncodedCall] {
  return unary(method, async (request, from) => {
    const answer = async () =>
      Object.assign({ status: 'success', message: 'Done.' }, await run(request, from))
    const told = await answer().catch((error) => {
      if (!(error instanceof ShoalError) || error instanceof RpcError) throw error
      return { status: 'failed', message: error.message }
    })
    return told as unknown as MessageInitShape<M['output']>
  })
}

/** Fails the call itself. */
export class RpcError extends ShoalError {}

/** @throws ShoalError of this code when it is no such message */
export function decoded<D extends DescMethodUnary['input']>(
  schema: D,
  bytes: Uint8Array,
  code: 'INVALID_ARGUMENT' | 'BAD_RESPONSE',
): MessageShape<D> {
  try {
    return fromBinary(schema, bytes)
  } catch (cause) {
    throw new ShoalError(code, `This is no ${schema.name}.`, { cause })
  }
}

import type { MessageInitShape } from '@bufbuild/protobuf'
import { ShoalError } from '../base/errors.ts'
import type { ValueHeadSchema, ValueHead as WireHead } from '../contract/gen/shoal/v1/kv_pb.ts'
import { isPeerId } from '../link/peer-id.ts'
import { checkKey } from './key.ts'
import type { ValueHead } from './order.ts'

/** A head as it is offered. */
export function headToWire(head: ValueHead): MessageInitShape<typeof ValueHeadSchema> {
  const { key, version, writer, valueSha256, expiresMs } = head
  return { key, version: BigInt(version), writer, valueSha256, expiresMs: BigInt(expiresMs) }
}

/** A head that was offered. @throws ShoalError INVALID_ARGUMENT */
export function headFromWire({ key, version, writer, valueSha256, expiresMs }: WireHead): ValueHead {
  const isSafe = [version, expiresMs].every((value) => value <= BigInt(Number.MAX_SAFE_INTEGER))
  if (!isSafe || valueSha256.length !== 32 || !isPeerId(writer))
    throw new ShoalError('INVALID_ARGUMENT', 'This is not the head of a value record.')
  return {
    key: checkKey(key),
    ...{ version: Number(version), writer, valueSha256, expiresMs: Number(expiresMs) },
  }
}

import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { type ErrorCode, ShoalError } from '../base/errors.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'

/**
 * A message's bytes. Throws TOO_LARGE above {@link MAX_MESSAGE_BYTES}, INTERNAL when a value does not fit
 * its field.
 */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageInitShape<D>): Buffer {
  const bytes = toBinary(schema, create(schema, message))
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new ShoalError(
      'TOO_LARGE',
      `A ${schema.typeName} of ${bytes.length} bytes is above the limit of ${MAX_MESSAGE_BYTES}.`,
    )
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The message in `bytes`; its `bytes` fields are views, not copies. Throws `blame` when they are none. */
export function decodeMessage<D extends DescMessage>(
  schema: D,
  bytes: Buffer,
  blame: ErrorCode,
): MessageShape<D> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (cause) {
    throw new ShoalError(blame, `This is not a ${schema.typeName}.`, { cause })
  }
}

/** grpc-js is given bytes and gives bytes: coding is done here, where errors can be told apart. */
export const asIs = (bytes: Buffer): Buffer => bytes

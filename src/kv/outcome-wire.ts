import type { MessageInitShape } from '@bufbuild/protobuf'
import { isErrorCode } from '../base/errors.ts'
import {
  OfferReply,
  StoreOutcome,
  type StoreResult,
  type StoreResultSchema,
} from '../contract/gen/shoal/v1/kv_pb.ts'
import type { Outcome } from './holder.ts'

/** What came of a record, for who sent it. */
export function outcomeToWire(outcome: Outcome): MessageInitShape<typeof StoreResultSchema> {
  switch (outcome.kind) {
    case 'stored':
      return { outcome: StoreOutcome.STORED }
    case 'same':
      return { outcome: StoreOutcome.SAME }
    case 'newer':
      return { outcome: StoreOutcome.NEWER, version: BigInt(outcome.version) }
    case 'refused':
      return { outcome: StoreOutcome.REFUSED, errorCode: outcome.code }
  }
}

/** What another node says came of a record. What makes no sense counts as refused. */
export function outcomeFromWire(result: StoreResult | undefined): Outcome {
  switch (result?.outcome) {
    case StoreOutcome.STORED:
      return { kind: 'stored' }
    case StoreOutcome.SAME:
      return { kind: 'same' }
    case StoreOutcome.NEWER:
      return { kind: 'newer', version: Number(result.version) }
    default:
      return {
        kind: 'refused',
        code: result && isErrorCode(result.errorCode) ? result.errorCode : 'BAD_RESPONSE',
      }
  }
}

/** What is said to an offer. */
export function replyOf({ kind }: Outcome): OfferReply {
  const replies = {
    stored: OfferReply.WANTED,
    same: OfferReply.SAME,
    newer: OfferReply.NEWER,
    refused: OfferReply.REFUSED,
  }
  return replies[kind]
}

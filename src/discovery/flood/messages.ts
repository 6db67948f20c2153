import { create, toBinary } from '@bufbuild/protobuf'
import type { SharedEntry } from '../../content/entry.ts'
import { entryToWire } from '../../content/entry-wire.ts'
import {
  type FloodAnswer,
  FloodAnswerSchema,
  type NeighbourMessage,
  NeighbourMessageSchema,
  type SignedPeerRecord,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { MAX_ANSWER_ENTRIES } from './options.ts'
import type { FloodMessages } from './ports.ts'
import type { Totals } from './query-run.ts'

/** A message to a neighbour. */
export function neighbourMessage<K extends keyof FloodMessages>(
  kind: K,
  value: FloodMessages[K],
): NeighbourMessage {
  return create(NeighbourMessageSchema, {
    message: { case: kind, value } as NeighbourMessage['message'],
  })
}

/** Encoded bytes of a message. */
export const sizeOf = (message: NeighbourMessage): number => toBinary(NeighbourMessageSchema, message).length

/** Own entries as answers of at most 100 each; none for no entries. */
export function hitAnswers(
  id: Uint8Array,
  hops: number,
  provider: SignedPeerRecord,
  entries: readonly SharedEntry[],
): FloodAnswer[] {
  const answers: FloodAnswer[] = []
  for (let at = 0; at < entries.length; at += MAX_ANSWER_ENTRIES) {
    const chunk = entries.slice(at, at + MAX_ANSWER_ENTRIES).map(entryToWire)
    answers.push(create(FloodAnswerSchema, { id, hops, provider, entries: chunk }))
  }
  return answers
}

/** Hits, the end or both as one message. Hits that go on unchanged stay the object that they are. */
export function answerMessage(
  id: Uint8Array,
  hits: FloodAnswer | undefined,
  end: Totals | undefined,
): NeighbourMessage {
  if (hits && !end && !hits.end) return neighbourMessage('answer', hits)
  const { hops = 0, provider, entries = [] } = hits ?? {}
  const answer = create(FloodAnswerSchema, {
    ...{ id, hops, entries },
    ...(provider && { provider }),
    ...(end && { end: { ...end, bytes: BigInt(end.bytes) } }),
  })
  return neighbourMessage('answer', answer)
}

import type { MessageInitShape } from '@bufbuild/protobuf'
import { EntryKind } from '../../contract/gen/shoal/v1/common_pb.ts'
import type { NodeService, WishHitSchema, WishSchema } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import { wishChanges, wishWords } from '../requests/wish-request.ts'
import type { WishHitView, WishPort, WishView } from '../views/wish-view.ts'

type WishMethods = 'addWish' | 'listWishes' | 'changeWish' | 'searchWish' | 'removeWish'

/** The part of the control service that is about wishes. @param admit throws for callers that may not control the node */
export function wishHandlers(
  wishes: WishPort,
  admit: (context: CallContext) => void,
): Pick<ServiceImpl<typeof NodeService>, WishMethods> {
  return {
    async addWish({ words, fetch }, context) {
      admit(context)
      return wishToWire(wishes.add(wishWords(words), { fetch }).view)
    },

    async listWishes(_request, context) {
      admit(context)
      return { wishes: wishes.list().map(wishToWire) }
    },

    async changeWish({ id, fetch, seen }, context) {
      admit(context)
      return wishToWire(wishes.change(id, wishChanges({ fetch, seen })))
    },

    async searchWish({ id }, context) {
      admit(context)
      return wishToWire(await wishes.search(id, context.signal))
    },

    async removeWish({ id }, context) {
      admit(context)
      wishes.remove(id)
      return {}
    },
  }
}

/** A wish as the control contract has it. */
export function wishToWire(view: WishView): MessageInitShape<typeof WishSchema> {
  const { id, words, fetch, createdMs, lastSearchedMs, nextSearchMs, newHits, hits } = view
  return {
    ...{ id, words, fetch, newHits, createdMs: whole(createdMs) },
    ...(lastSearchedMs !== undefined && { lastSearchedMs: whole(lastSearchedMs) }),
    ...(nextSearchMs !== undefined && { nextSearchMs: whole(nextSearchMs) }),
    hits: hits.map(hitToWire),
  }
}

function hitToWire(hit: WishHitView): MessageInitShape<typeof WishHitSchema> {
  const { cid, name, sizeBytes, kind, providers, foundMs, isNew, downloadId, heldBack } = hit
  return {
    ...{ cid, name, providers, isNew, sizeBytes: BigInt(sizeBytes), foundMs: whole(foundMs) },
    kind: kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE,
    downloadId: downloadId ?? '',
    heldBack: heldBack ?? '',
  }
}

const whole = (ms: number): bigint => BigInt(Math.trunc(ms))

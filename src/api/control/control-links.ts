import type { EntryKind as Kind } from '../../content/entry.ts'
import { EntryKind } from '../../contract/gen/shoal/v1/common_pb.ts'
import type { NodeService } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import type { NodePort } from '../node-port.ts'
import type { LinkPeer } from '../share-link.ts'
import { linkOf, openLink } from '../views/link-view.ts'

/** Links over the control service. `admit` throws for callers that may not. */
export function linkHandlers(
  port: NodePort,
  admit: (context: CallContext) => void,
): Pick<ServiceImpl<typeof NodeService>, 'getLink' | 'openLink'> {
  return {
    async getLink({ target, gateway }, context) {
      admit(context)
      const { kind, peers, sizeBytes, ...link } = await linkOf(port, {
        target,
        gateway: gateway || undefined,
      })
      return { ...link, sizeBytes: BigInt(sizeBytes), kind: kindToWire(kind), peers: peersToWire(peers) }
    },

    async openLink({ link }, context) {
      admit(context)
      const { cid, name = '', sizeBytes, kind, peers, shared, downloadId = '' } = openLink(port, link)
      return {
        ...{ cid, name, shared, downloadId },
        ...(sizeBytes !== undefined && { sizeBytes: BigInt(sizeBytes) }),
        kind: kindToWire(kind),
        peers: peersToWire(peers),
      }
    },
  }
}

const peersToWire = (peers: readonly LinkPeer[]) =>
  peers.map(({ peerId, addresses }) => ({ peerId, addresses: [...addresses] }))

function kindToWire(kind: Kind | undefined): EntryKind {
  if (kind === undefined) return EntryKind.UNSPECIFIED
  return kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE
}

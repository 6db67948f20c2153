import { ShoalError } from '../../base/errors.ts'
import type { EntryKind } from '../../content/entry.ts'
import { libraryTarget } from '../requests/library-target.ts'
import { type CidTarget, parseLink } from '../requests/target.ts'
import { gatewayLink, gatewayOrigin, type LinkPeer, shoalLink } from '../share-link.ts'

/** Links to what is shared here, and links of others. */
export interface LinksPort {
  /**
   * What a link to something shared here says. Asks nobody.
   *
   * @param target absolute path or CID @throws ShoalError NOT_FOUND when nothing shared has it, or it is not hashed yet
   */
  facts(target: string): Promise<SharedFacts>
  /** Remembers who has the content by the word of a link, for whoever fetches it. Calls nobody. */
  open(link: CidTarget): OpenedLink
}

export interface SharedFacts {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  readonly kind: EntryKind
  /** This node first, then others known to have it. */
  readonly peers: readonly LinkPeer[]
}

export interface OpenedLink {
  readonly cid: string
  /** As the link says, else as it is shared here. */
  readonly name?: string | undefined
  /** As it is shared here, else as the link says. */
  readonly sizeBytes?: number | undefined
  /** Undefined while not known. */
  readonly kind?: EntryKind | undefined
  /** Those that the link names. */
  readonly peers: readonly LinkPeer[]
  /** It is in this node's library. */
  readonly shared: boolean
  /** The newest download of it. */
  readonly downloadId?: string | undefined
}

export interface LinkView extends SharedFacts {
  /** `shoal:CID?…` */
  readonly shoal: string
  /** `https://GATEWAY/ipfs/CID?…` */
  readonly http: string
}

export interface LinkRequest {
  /** Absolute path or CID of something shared. */
  readonly target: string
  /** Address of a gateway; the node's own when undefined. */
  readonly gateway?: string | undefined
}

/** What the routes of links need of a node. */
interface LinkNode {
  readonly links: LinksPort
  status(): { readonly http: string }
}

/** The links to something shared. @throws ShoalError INVALID_ARGUMENT, INVALID_CID, NOT_FOUND */
export async function linkOf(node: LinkNode, { target, gateway }: LinkRequest): Promise<LinkView> {
  const origin = gateway === undefined ? node.status().http : gatewayOrigin(gateway)
  const facts = await node.links.facts(libraryTarget(target))
  return { ...facts, shoal: shoalLink(facts), http: gatewayLink(origin, facts) }
}

/** Opens a link of somebody else's. @throws ShoalError INVALID_ARGUMENT, INVALID_CID */
export function openLink({ links }: LinkNode, link: string): OpenedLink {
  if (link === '') throw new ShoalError('INVALID_ARGUMENT', 'link: must not be empty.')
  return links.open(parseLink(link))
}

import { isAbsolute } from 'node:path'
import type { CidTarget } from '../api/requests/target.ts'
import type { LinkPeer } from '../api/share-link.ts'
import type { LinksPort, OpenedLink, SharedFacts } from '../api/views/link-view.ts'
import { ShoalError } from '../base/errors.ts'
import { isRawCid } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { Fabric } from '../fabric/fabric.ts'
import type { Library } from '../library/library.ts'
import { targetsOfPath } from '../library/targets.ts'
import { isPeerId } from '../link/peer-id.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { DownloadManager } from '../transfer/downloads.ts'
import type { Discovery, Self } from './discovery.ts'
import { linkAddresses } from './link-addresses.ts'

/** Peers beside this node that a link names: enough for when it is off. */
const MAX_OTHERS = 3

export interface LinkParts {
  readonly catalogue: Catalogue
  readonly library: Pick<Library, 'shares'>
  readonly discovery: Pick<Discovery, 'hints' | 'peers'>
  readonly transfer: { readonly downloads: Pick<DownloadManager, 'list'> }
  readonly fabric: Pick<Fabric, 'reachability'>
  readonly self: () => Self
}

/** Links to what this node shares, and those of others that its user opens. */
export class NodeLinks implements LinksPort {
  readonly #parts: LinkParts

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  async facts(target: string): Promise<SharedFacts> {
    const entry = isAbsolute(target) ? await this.#entryOfPath(target) : this.#parts.catalogue.entry(target)
    if (!entry) throw new ShoalError('NOT_FOUND', `${target} is not shared, or not hashed yet.`)
    const { cid, name, sizeBytes, kind } = entry
    const { self, fabric } = this.#parts
    const { peerId, addresses } = self()
    const own = { peerId, addresses: linkAddresses(addresses, fabric.reachability) }
    return { cid, name, sizeBytes, kind, peers: [own, ...this.#others(cid, peerId)] }
  }

  open({ cid, name, sizeBytes, peers = [] }: CidTarget): OpenedLink {
    const { catalogue, discovery, transfer } = this.#parts
    discovery.hints.remember(cid, peers)
    const entry = catalogue.entry(cid)
    const download = transfer.downloads.list().find((view) => view.cid === cid)
    // Before it runs, what it is is a guess.
    const isKnown = download && ['running', 'finishing', 'done'].includes(download.state)
    return {
      cid,
      name: name ?? entry?.name,
      sizeBytes: entry?.sizeBytes ?? sizeBytes,
      kind: entry?.kind ?? (isRawCid(cid) ? 'file' : isKnown ? download.kind : undefined),
      peers,
      shared: entry !== undefined,
      downloadId: download?.id,
    }
  }

  async #entryOfPath(path: string): Promise<SharedEntry | undefined> {
    const { catalogue, library } = this.#parts
    for (const key of await targetsOfPath(catalogue, library.shares(), path)) {
      const share = library.shares().find(({ id }) => id === key.shareId)
      const isFile = share?.kind === 'file' && key.relPath === ''
      const entry = catalogue.entryAt(isFile ? { ...key, relPath: share.name } : key)
      if (entry) return entry
    }
    return undefined
  }

  /** Whom this node had verified bytes of it from, as far as it is known where they are. Nobody is asked. */
  #others(cid: string, own: string): LinkPeer[] {
    const { discovery, transfer } = this.#parts
    const gave = transfer.downloads
      .list()
      .flatMap((view) => (view.cid === cid ? Object.keys(view.sources) : []))
    const named = discovery.hints.of(cid)
    const others: LinkPeer[] = []
    for (const peerId of new Set(gave)) {
      if (!isPeerId(peerId) || peerId === own) continue
      const known = discovery.peers.get(peerId)?.addresses ?? []
      const told = named.find((peer) => peer.peerId === peerId)?.addresses ?? []
      const addresses = linkAddresses([...known, ...told])
      if (addresses.length > 0) others.push({ peerId, addresses })
      if (others.length === MAX_OTHERS) break
    }
    return others
  }
}

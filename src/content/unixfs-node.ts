import { decode, type PBLink } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { ShoalError } from '../base/errors.ts'
import { type Codec, partsOfLink } from './cid.ts'

/** A dag-pb node that was understood as UnixFS. https://specs.ipfs.tech/unixfs/ */
export interface UnixfsNode {
  readonly unixfs: UnixFS
  readonly links: readonly NodeLink[]
}

export interface NodeLink {
  readonly name: string
  readonly codec: Codec
  readonly digest: Uint8Array
  /** What the link claims about the bytes below it; nothing proves it. */
  readonly totalBytes: number
}

/** What a CID names is sound but not of the kind that Shoal makes. Whoever sent it is not to blame. */
export function notInProfile(what: string): ShoalError {
  return new ShoalError(
    'NOT_IMPLEMENTED',
    `${what} Shoal understands content of the profile unixfs-v1-2025 (IPIP-0499) only.`,
  )
}

/**
 * Decodes a node whose hash was checked.
 *
 * @throws ShoalError NOT_IMPLEMENTED when it is no UnixFS node, or links to CIDs of another kind
 */
export function decodeUnixfsNode(bytes: Uint8Array): UnixfsNode {
  const { Data, Links } = orNotInProfile(() => decode(bytes))
  if (!Data) throw notInProfile('A node of this CID holds no UnixFS data.')
  return { unixfs: orNotInProfile(() => UnixFS.unmarshal(Data)), links: Links.map(readLink) }
}

function readLink(link: PBLink): NodeLink {
  const parts = partsOfLink(link.Hash)
  if (!parts) throw notInProfile(`It links to ${link.Hash}.`)
  const totalBytes = link.Tsize ?? 0
  if (!Number.isSafeInteger(totalBytes)) throw notInProfile('A link of it claims an impossible size.')
  return { name: link.Name ?? '', ...parts, totalBytes }
}

function orNotInProfile<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new ShoalError(
      'NOT_IMPLEMENTED',
      notInProfile('This CID names something that is not UnixFS.').message,
      { cause },
    )
  }
}

import Type, { type Static, type TProperties } from 'typebox'
import { INDEX_LIMITS } from '../../index/options.ts'

/** Schemas of what the index server's REST API takes and gives; names are those of the gRPC contract. */

const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

const object = <P extends TProperties>(properties: P, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })
const text = (description: string, ...examples: string[]) =>
  Type.String({ description, ...(examples.length > 0 && { examples }) })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const shortText = (description: string, maxLength: number) => Type.String({ description, maxLength })

const providerFields = {
  peerId: text('PeerId', PEER),
  name: text('Name its owner gave it; proves nothing', 'ada'),
  addresses: Type.Array(text('HOST:PORT', '192.0.2.7:9081'), { description: 'gRPC addresses, best first' }),
}
const Provider = object(providerFields, { title: 'Provider' })

export const Hit = object(
  {
    cid: text('CID in canonical form', CID),
    sha256: Type.Optional(text('Hex SHA-256 of the bytes; not for folders', SHA256)),
    name: text('File name', 'manual.pdf'),
    path: text('Path below the shared folder, `/` between parts', 'Documents/manual.pdf'),
    size: count('Bytes of the file, or of all files in the folder'),
    kind: Type.Enum(['file', 'folder'], { description: 'What it is' }),
    modifiedMs: Type.Integer({ description: 'Last change, ms since the Unix epoch; 0 when not known' }),
    providers: Type.Array(Provider, {
      description: 'Peers online that have it, at most 50, in random order',
    }),
  },
  { title: 'Hit' },
)

const cursor = Type.Optional(text('Give it as `cursor` for the next page; missing at the end'))

export const ResourcePage = object({ resources: Type.Array(Hit), cursor })
export const SearchAnswer = object({ hits: Type.Array(Hit) })
export const Providers = object({ providers: Type.Array(Provider) })

export const Peer = object(
  {
    ...providerFields,
    lastSeenMs: Type.Integer({ description: 'Last sign of life, ms since the Unix epoch' }),
    entries: count('Entries it has published'),
  },
  { title: 'Peer' },
)
export const PeerPage = object({ peers: Type.Array(Peer), cursor })

export const Info = object({
  peerId: text('PeerId of the server, which its TLS certificate proves', PEER),
  version: text('Version of Shoal', '0.1.0'),
  grpc: text('HOST:PORT of its gRPC server, for nodes', 'index.example.org:9080'),
  peers: count('Peers online'),
  entries: count('Entries of the peers online'),
  heartbeatIntervalMs: count('Send a heartbeat this often'),
  leaseMs: count('A session ends this long after the last sign of life'),
})

export const Health = object({ status: Type.Literal('ok') })

const limit = (fallback: number, max: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      description: `Most to send; ${fallback} when 0 or left out, clamped at ${max}`,
    }),
  )
const what = {
  q: Type.Optional(
    Type.String({
      maxLength: INDEX_LIMITS.queryBytes,
      description: 'Words of the name or path; a trailing * makes the last one a prefix',
      examples: ['annual report*'],
    }),
  ),
  sha256: Type.Optional(shortText('Hex SHA-256 of the bytes', 64)),
  cid: Type.Optional(shortText('CID', 300)),
}

export const SearchParams = object({
  ...what,
  limit: limit(INDEX_LIMITS.searchDefault, INDEX_LIMITS.searchMax),
})
export const ResourceParams = object({
  ...what,
  prefix: Type.Optional(shortText('The first letters of a word of the name or path', 100)),
  limit: limit(INDEX_LIMITS.searchDefault, INDEX_LIMITS.searchMax),
  cursor: Type.Optional(shortText('`cursor` of the page before', 100)),
})
export const PeerParams = object({
  limit: limit(INDEX_LIMITS.peersDefault, INDEX_LIMITS.peersMax),
  cursor: Type.Optional(shortText('`cursor` of the page before', 100)),
})
export const ProviderParams = object({
  limit: limit(INDEX_LIMITS.providersDefault, INDEX_LIMITS.providersMax),
})
export const CidPath = object({ cid: shortText('CID', 300) })
export const PeerPath = object({ peerId: shortText('PeerId', 100) })
export const RemoveParams = object({ path: shortText('Path under which it was published', 4096) })

export const ChallengeBody = object(
  { peerId: shortText('PeerId of your Ed25519 key', 100) },
  { examples: [{ peerId: PEER }] },
)
export const Challenge = object({
  nonce: text('Sign it. It begins with the PeerId of the server: check that it is the one you mean.'),
  expiresInMs: count('It must be back within this time, and serves once'),
})

export const LoginBody = object(
  {
    peerId: shortText('PeerId of your Ed25519 key', 100),
    nonce: shortText('As given by the challenge', 200),
    signature: shortText('Base64 of the Ed25519 signature over "shoal-index-login:" and the nonce', 100),
    name: Type.Optional(shortText('Name for people, at most 64 characters', 256)),
    addresses: Type.Optional(
      Type.Array(shortText('HOST:PORT', 300), {
        maxItems: INDEX_LIMITS.addresses,
        description: 'Addresses of your gRPC server, best first',
      }),
    ),
    version: Type.Optional(shortText('Version of your program, at most 64 characters', 256)),
    grpcPort: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'Port of your gRPC server, so that your observed address can be completed; 0: unknown',
      }),
    ),
  },
  {
    examples: [
      { peerId: PEER, nonce: `${PEER}:x`, signature: 'A…==', name: 'ada', addresses: ['192.0.2.7:9081'] },
    ],
  },
)
export const Session = object({
  token: text('Bearer token for everything that the session is needed for. A secret.'),
  heartbeatIntervalMs: count('Send a heartbeat this often'),
  leaseMs: count('The session ends this long after the last sign of life'),
  revision: text('Revision of the complete set of entries held of you; empty for none'),
  observedHost: text('Your address as the server sees it', '192.0.2.7'),
})
export const Heartbeat = object({
  leaseMs: count('The session now ends after this long'),
  peers: count('Peers online'),
})

export const EntryBody = object({
  cid: shortText('CID', 300),
  sha256: Type.Optional(shortText('Hex SHA-256 of the bytes; not for folders', 64)),
  name: shortText('File name', 255),
  path: shortText('Path below the shared folder, the name last', 4096),
  size: count('Bytes of the file, or of all files in the folder'),
  kind: Type.Enum(['file', 'folder'], { description: 'What it is' }),
  modifiedMs: Type.Optional(Type.Integer({ description: 'Last change, ms since the Unix epoch' })),
})
export type EntryBody = Static<typeof EntryBody>

const revision = Type.Optional(
  shortText(
    'Your name for the state that your entries then have, at most 64 bytes',
    INDEX_LIMITS.revisionBytes,
  ),
)

export const PublishBody = object(
  {
    entries: Type.Array(EntryBody, { maxItems: INDEX_LIMITS.batchEntries }),
    replace: Type.Optional(Type.Boolean({ description: 'Withdraw all that is not among these entries' })),
    revision,
  },
  {
    examples: [
      {
        entries: [
          { cid: CID, sha256: SHA256, name: 'manual.pdf', path: 'manual.pdf', size: 2_000_000, kind: 'file' },
        ],
      },
    ],
  },
)
export const Published = object({
  stored: count('Entries that were stored'),
  refused: count('Entries that were not valid and left out'),
  reason: text('Why, for the first of them; empty when there is none'),
})

export const WithdrawBody = object(
  {
    keys: Type.Array(object({ cid: shortText('CID', 300), path: shortText('Path as published', 4096) }), {
      maxItems: INDEX_LIMITS.batchEntries,
    }),
    revision,
  },
  { examples: [{ keys: [{ cid: CID, path: 'manual.pdf' }] }] },
)
export const Withdrawn = object({ removed: count('Entries that were there and are gone') })

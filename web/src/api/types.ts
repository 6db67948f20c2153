import type { Static } from 'typebox'
import type * as library from '../../../src/api/schemas/library.ts'
import type * as links from '../../../src/api/schemas/links.ts'
import type * as node from '../../../src/api/schemas/node.ts'
import type * as replicas from '../../../src/api/schemas/replicas.ts'
import type * as search from '../../../src/api/schemas/search.ts'
import type * as stats from '../../../src/api/schemas/stats.ts'
import type * as transfers from '../../../src/api/schemas/transfers.ts'
import type * as verify from '../../../src/api/schemas/verify.ts'
import type * as wishes from '../../../src/api/schemas/wishes.ts'

/** What the node answers. The types follow from the schemas by which the API is checked and documented; nothing else of the node is here. */

export type Status = Static<typeof node.Status>
export type SearchLine = Static<typeof search.SearchLine>
export type SearchHit = Extract<SearchLine, { event: 'hit' }>
export type SearchDone = Extract<SearchLine, { event: 'done' }>
export type LocatorReport = SearchDone['via'][string]
export type Provider = Static<typeof search.Provider>
export type Download = Static<typeof transfers.Download>
export type ActiveSource = Download['activeSources'][number]
export type LibraryEntry = Static<typeof library.LibraryEntry>
export type LibraryPage = Static<typeof library.LibraryPageSchema>
export type AddLine = Static<typeof library.AddLine>
export type Share = Static<typeof library.Shares>['shares'][number]
export type Uploads = Static<typeof transfers.Uploads>
export type Upload = Uploads['active'][number]
export type Peer = Static<typeof node.Peers>['peers'][number]
export type Config = Static<typeof node.Config>
export type ConfigChanged = Static<typeof node.ConfigChanged>
export type DoctorCheck = Static<typeof node.DoctorReport>['checks'][number]
export type Stats = Static<typeof stats.Stats>
export type Series = Stats['series']['hour']
export type SearchLogPage = Static<typeof stats.SearchLogPage>
export type SearchRow = SearchLogPage['searches'][number]
export type QueryLogPage = Static<typeof stats.QueryLogPage>
export type QueryRow = QueryLogPage['queries'][number]

/** Problem details (RFC 9457) as the node sends them. */
export interface Problem {
  status: number
  detail: string
  code: string
  details?: Record<string, unknown>
}

export type BlockMap = Static<typeof transfers.BlockMapSchema>
export type HeldPeer = Uploads['paused'][number]
export type LinkView = Static<typeof links.Link>
export type OpenedLink = Static<typeof links.OpenedLinkSchema>
export type LeftOut = Extract<AddLine, { event: 'done' }>['leftOut']
export type VerificationReport = Static<typeof verify.VerificationReport>
export type DamagedFile = VerificationReport['damagedFiles'][number]
export type WishList = Static<typeof wishes.WishList>
export type Wish = WishList['wishes'][number]
export type WishHit = Wish['hits'][number]
export type ReplicaList = Static<typeof replicas.ReplicaList>
export type Replica = Static<typeof replicas.Replica>
export type ReplicaHolder = Replica['holders'][number]
export type Kept = Static<typeof replicas.Kept>
export type KeptReplica = Kept['replicas'][number]
export type Unpushed = Static<typeof replicas.Unpushed>

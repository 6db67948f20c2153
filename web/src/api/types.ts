import type { Static } from 'typebox'
import type * as links from '../../../src/api/schemas/link-schemas.ts'
import type * as schemas from '../../../src/api/schemas/schemas.ts'
import type * as stats from '../../../src/api/schemas/stats-schemas.ts'
import type * as transfers from '../../../src/api/schemas/transfer-schemas.ts'
import type * as verify from '../../../src/api/schemas/verify-schemas.ts'
import type * as wishSchemas from '../../../src/api/schemas/wish-schemas.ts'

/** What the node answers. The types follow from the schemas by which the API is checked and documented; nothing else of the node is here. */

export type Status = Static<typeof schemas.Status>
export type SearchLine = Static<typeof schemas.SearchLine>
export type SearchHit = Extract<SearchLine, { event: 'hit' }>
export type SearchDone = Extract<SearchLine, { event: 'done' }>
export type LocatorReport = SearchDone['via'][string]
export type Provider = Static<typeof schemas.Provider>
export type Download = Static<typeof schemas.Download>
export type ActiveSource = Download['activeSources'][number]
export type LibraryEntry = Static<typeof schemas.LibraryEntry>
export type LibraryPage = Static<typeof schemas.LibraryPageSchema>
export type AddLine = Static<typeof schemas.AddLine>
export type Share = Static<typeof schemas.Shares>['shares'][number]
export type Uploads = Static<typeof schemas.Uploads>
export type Upload = Uploads['active'][number]
export type Peer = Static<typeof schemas.Peers>['peers'][number]
export type Config = Static<typeof schemas.Config>
export type ConfigChanged = Static<typeof schemas.ConfigChanged>
export type DoctorCheck = Static<typeof schemas.DoctorReport>['checks'][number]
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
export type WishList = Static<typeof wishSchemas.WishList>
export type Wish = WishList['wishes'][number]
export type WishHit = Wish['hits'][number]

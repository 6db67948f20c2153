import type { Static } from 'typebox'
import type * as links from '../../../src/api/link-schemas.ts'
import type * as schemas from '../../../src/api/schemas.ts'
import type * as verify from '../../../src/api/verify-schemas.ts'
import type * as wishSchemas from '../../../src/api/wish-schemas.ts'

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

/** Problem details (RFC 9457) as the node sends them. */
export interface Problem {
  status: number
  detail: string
  code: string
  details?: Record<string, unknown>
}

/** A running source of a download, with how it is reached and what it gave. */
export type SourceView = ActiveSource & {
  road?: 'direct' | 'relayed' | 'tunnel' | 'mirror'
  doneBytes?: number
}

/** The blocks of a download in cells; the lists have one item for each. */
export interface BlockMap {
  blocks: number
  blockSizeBytes: number
  cells: number
  /** Percent of the cell that is verified and written. */
  have: number[]
  /** Blocks of the cell that are asked for now. */
  inFlight: number[]
  /** Who gave most of it, an index of `sources`; -1 = not known. */
  from: number[]
  /** Who is asked for most of it, an index of `sources`; -1 = nobody. */
  flying: number[]
  sources: { peerId: string; name: string }[]
}

/** A peer that fetches from here. */
export type UploadView = Upload & { sizeBytes?: number; road?: 'direct' | 'relayed' | 'tunnel' }
export interface HeldPeer {
  peerId: string
  name: string
  state: 'paused' | 'refused'
  untilMs?: number
}
export interface UploadList {
  slots: number
  active: UploadView[]
  queued: UploadView[]
  paused?: HeldPeer[]
}

export type LinkView = Static<typeof links.Link>
export type OpenedLink = Static<typeof links.OpenedLinkSchema>
export type LeftOut = Extract<AddLine, { event: 'done' }>['leftOut']
export type VerificationReport = Static<typeof verify.VerificationReport>
export type DamagedFile = VerificationReport['damagedFiles'][number]
export type WishList = Static<typeof wishSchemas.WishList>
export type Wish = WishList['wishes'][number]
export type WishHit = Wish['hits'][number]

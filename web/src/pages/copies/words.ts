import type { Kept, KeptReplica, Replica, ReplicaHolder } from '../../api/types.ts'
import { countOf } from '../../format.ts'

interface Told {
  readonly label: string
  readonly tone: 'good' | 'warn' | 'bad' | 'plain'
}

/** How an order stands. */
export function orderState({ state, live }: Pick<Replica, 'state' | 'live'>): Told {
  switch (state) {
    case 'placing':
      return { label: 'Being placed', tone: 'plain' }
    case 'kept':
      return { label: 'Kept', tone: 'good' }
    case 'short':
      return { label: 'Too few copies', tone: live === 0 ? 'bad' : 'warn' }
    case 'ended':
      return { label: 'Ended', tone: 'plain' }
  }
}

export const copiesText = ({ live, wanted }: Pick<Replica, 'live' | 'wanted'>): string =>
  `${live} of ${countOf(wanted, 'copy', 'copies')}`

/** What a holder does. */
export function holderState({ state, doneBytes = 0 }: ReplicaHolder, sizeBytes: number): Told {
  switch (state) {
    case 'fetching': {
      const percent =
        sizeBytes > 0 ? ` ${Math.floor((100 * Math.min(doneBytes, sizeBytes)) / sizeBytes)} %` : ''
      return { label: `fetches it${percent}`, tone: 'plain' }
    }
    case 'kept':
      return { label: 'keeps it', tone: 'good' }
    case 'leaving':
      return { label: 'is leaving', tone: 'warn' }
    case 'lost':
      return { label: 'lost it', tone: 'bad' }
  }
}

/** What becomes of a copy for others. */
export function keptState({ state, pinned }: Pick<KeptReplica, 'state' | 'pinned'>): Told {
  if (state === 'fetching') return { label: 'being fetched', tone: 'plain' }
  if (state === 'leaving' && !pinned) return { label: 'will be dropped', tone: 'warn' }
  return { label: 'kept', tone: 'good' }
}

/** For whom this node keeps copies. */
export function keepsForText(keepsFor: Kept['keepsFor']): string {
  switch (keepsFor) {
    case 'nobody':
      return 'This node keeps copies for nobody.'
    case 'trusted':
      return 'This node keeps copies for members of its private network, and for peers on its list.'
    case 'everybody':
      return 'This node keeps copies for everybody.'
  }
}

/** A day as people here write it; a dash where there is none. */
export const dayText = (ms: number | undefined): string =>
  ms === undefined ? '–' : new Date(ms).toLocaleDateString()

/** Whether a link says who has the content. */
export const namesPeers = (link: string): boolean => /[?&]peer=/.test(link)

import { ShoalError } from '../../base/errors.ts'
import type { IncomingPort } from '../views/incoming-view.ts'
import type { LinksPort } from '../views/link-view.ts'
import { CID_A, CID_B, entryOf } from './fake-node.ts'

type Ask = (...what: unknown[]) => void

/** Who has everything. */
export const LINK_PEER = {
  peerId: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
  addresses: ['192.0.2.7:9081'],
}

/** Links of a node that shares {@link CID_A} and fetches {@link CID_B}. */
export const fakeLinks = (ask: Ask): LinksPort => ({
  facts: async (target) => {
    ask('link', target)
    if (target !== CID_A && target !== '/tmp/docs/a b.txt')
      throw new ShoalError('NOT_FOUND', `${target} is not shared.`)
    return { cid: CID_A, name: 'a b.txt', sizeBytes: 5, kind: 'file', peers: [LINK_PEER] }
  },
  open: (link) => {
    ask('open', link)
    const { cid, name, sizeBytes, peers = [] } = link
    const own = cid === CID_A ? { sizeBytes: 5, kind: 'file' as const } : { sizeBytes }
    return { cid, name, peers, ...own, shared: cid === CID_A, ...(cid === CID_B && { downloadId: 'd1' }) }
  },
})

/** Reads all and keeps nothing; `there.txt` is there already. */
export const fakeIncoming = (ask: Ask): IncomingPort => ({
  receive: async (name, body, { sizeBytes }) => {
    let received = 0
    for await (const chunk of body) received += chunk.length
    ask('receive', name, received, sizeBytes)
    const entry = { ...entryOf(name, CID_A, received), absPath: `/tmp/shared/${name}` }
    return { entry, created: name !== 'there.txt' }
  },
})

import type { Provider, Status } from '../api/types.ts'
import { countOf } from '../format.ts'
import { useAsk } from '../state/use.ts'
import type { Holders } from '../state/use-holders.ts'
import { Badge, Fault } from './notice.tsx'
import { ScrollX } from './scroll-x.tsx'
import { Id, Name } from './text.tsx'

/** Who has something, as they are found. @param none what is said when nobody is */
export function HolderList({
  holders,
  none = 'Nobody who answered has it.',
}: {
  holders: Holders
  none?: string | undefined
}) {
  const { providers, running, error } = holders
  return (
    <>
      <Fault error={error} />
      <p role="status" className="soft">
        {providers.length === 0
          ? running
            ? 'Looking for those who have it …'
            : none
          : `${countOf(providers.length, 'peer has', 'peers have')} it${running ? ', and still looking …' : '.'}`}
      </p>
      {providers.length > 0 && <HolderTable providers={providers} />}
    </>
  )
}

/** Peers that have something. */
export function HolderTable({ providers }: { providers: readonly Provider[] }) {
  const { data: self } = useAsk<Status>('/api/v1/status')
  return (
    <ScrollX label="Who has it">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>PeerId</th>
            <th>Addresses</th>
          </tr>
        </thead>
        <tbody>
          {providers.map(({ peerId, name, addresses }) => (
            <tr key={peerId}>
              <td className="breaks">
                <Name text={name} /> {peerId === self?.peerId && <Badge>this node</Badge>}
              </td>
              <td>
                <Id id={peerId} />
              </td>
              <td className="small breaks">
                <Name text={addresses.slice(0, 3).join(', ')} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  )
}

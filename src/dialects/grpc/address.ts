import { connect } from 'node:net'

/** Where a client's own server listens. */
export interface PeerAddress {
  /** IPv4. */
  readonly host: string
  readonly port: number
}

export const addressText = ({ host, port }: PeerAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Whether somebody accepts TCP connections there before the signal aborts; nothing is sent. */
export function isListening({ host, port }: PeerAddress, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true)).on('error', () => end(false))
  })
}

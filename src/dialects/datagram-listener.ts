import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Logger } from '../base/log.ts'
import type { Dialect } from './dialect.ts'
import type { Fence } from './fence.ts'
import { callerAt } from './hosts.ts'

/** Longer ones are dropped, bytes: a path and a name. */
const MAX_MESSAGE_BYTES = 1024
/** Longer answers are not sent, bytes: nobody who waits for one has room for more. */
const MAX_ANSWER_BYTES = 10_240
/** Datagrams that are being answered; more are dropped. */
const MAX_AT_ONCE = 32

export interface DatagramSetup {
  readonly dialect: Dialect
  readonly host: string
  readonly port: number
  readonly fence: Fence
  readonly log: Logger
}

export interface DatagramListener {
  close(): Promise<void>
}

/**
 * Answers datagrams. Who sent one is not proved, so it counts for the rate and is no leave to call back.
 *
 * @throws system errors of listening
 */
export async function listenDatagrams(setup: DatagramSetup): Promise<DatagramListener> {
  const { host, port, log } = setup
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  let active = 0
  socket.on('message', async (message, from) => {
    if (message.length > MAX_MESSAGE_BYTES || active >= MAX_AT_ONCE) return
    active++
    await answer(socket, { message, from, setup })
    active--
  })
  try {
    socket.bind({ address: host, port, exclusive: true })
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', (error) => log.warn({ err: error }, 'a datagram could not be sent or read'))
  return {
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

interface Arrived {
  readonly message: Buffer
  readonly from: RemoteInfo
  readonly setup: DatagramSetup
}

/** Never rejects. */
async function answer(socket: Socket, { message, from, setup }: Arrived): Promise<void> {
  const { dialect, fence, log } = setup
  const caller = callerAt(from.address, from.port)
  if (!fence.admit(caller.host)) return fence.count(dialect.name, 'refused')
  try {
    const bytes = await dialect.datagram?.(message, caller)
    const isSent = bytes !== undefined && bytes.length <= MAX_ANSWER_BYTES
    fence.count(dialect.name, isSent ? 'ok' : 'refused')
    // It may have been closed meanwhile, and what is not sent is no more lost than what does not arrive.
    if (isSent) socket.send(bytes, from.port, from.address, () => {})
  } catch (error) {
    fence.count(dialect.name, 'failed')
    log.debug({ err: error, dialect: dialect.name }, 'a datagram was not answered')
  }
}

import { sleep } from '../../src/base/clock.ts'
import { type ErrorCode, ShoalError } from '../../src/base/errors.ts'
import type { LinkTarget } from '../../src/link/rpc.ts'
import type { SimHost } from './host.ts'

/** Pairs that are connected already: a pool keeps its links, so only the first call pays for the handshake. */
const connected = new WeakMap<SimHost, WeakSet<SimHost>>()

/**
 * Reaches the target's host, or fails as TCP and TLS would: refused after a round trip, or given up after the network's time.
 * The first time costs one round trip for TLS.
 */
export async function connect(here: SimHost, target: LinkTarget, signal?: AbortSignal): Promise<SimHost> {
  const { network } = here
  const { clock } = network
  let failure = 'No address is known for the peer.'
  let code: ErrorCode = 'UNAVAILABLE'
  for (const address of target.addresses) {
    const { reach, host } = network.reach(here, address)
    if (!here.isAlive || reach === 'silent' || !host) {
      await sleep(clock, network.connectTimeoutMs, signal)
      failure = `No answer from ${address}.`
      continue
    }
    const known = connected.get(here) ?? new WeakSet()
    connected.set(here, known)
    if (reach === 'refused' || !known.has(host)) await sleep(clock, 2 * network.delayMs(here, host), signal)
    if (reach === 'refused' || !host.isAlive) {
      failure = `${address} refuses connections.`
      continue
    }
    if (target.peerId !== undefined && target.peerId !== host.peerId) {
      failure = `At ${address} another peer answers.`
      code = 'WRONG_IDENTITY'
      continue
    }
    known.add(host)
    return host
  }
  throw new ShoalError(code, failure)
}

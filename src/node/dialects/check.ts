import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { ShoalError } from '../../base/errors.ts'
import { type DialectSpec, grpcPortOf, parseDialects } from '../../dialects/spec.ts'
import type { NodeConfig } from '../settings.ts'

/** Ports of the node itself that dialects must not want. */
const OWN_PORTS = ['httpPort', 'grpcPort', 'p2pPort', 'p2pWsPort'] as const

type OwnPort = (typeof OWN_PORTS)[number]

type DialectConfig = Pick<
  NodeConfig,
  'dialects' | 'dialectHost' | 'dialectShares' | 'dialectPeers' | 'discovery' | OwnPort
>

/**
 * The dialects of a configuration, when they go with the rest of it. A port of the node that nobody named gives way to a dialect.
 *
 * @param isDefault whether a setting was left as it is
 * @throws ShoalError INVALID_CONFIG that says what to do
 */
export function checkDialects(
  config: DialectConfig,
  isDefault: (key: OwnPort) => boolean,
): readonly DialectSpec[] {
  const specs = parseDialects(config.dialects)
  if (specs.length === 0) return specs
  if (isIP(config.dialectHost) === 0 && config.dialectHost !== 'localhost')
    throw wrong(`dialectHost is "${config.dialectHost}". Give an IP address, such as 127.0.0.1 or 0.0.0.0.`)
  const relative = config.dialectShares.find((path) => !isAbsolute(path))
  if (relative !== undefined) throw wrong(`dialectShares: "${relative}" is not an absolute path.`)
  for (const peer of config.dialectPeers)
    if (!/^(\[[0-9a-f:.%]+\](:\d{1,5})?|[a-z0-9._:-]+)$/i.test(peer) || peer.includes('//'))
      throw wrong(`dialectPeers: "${peer}" is no address. Give IP, IP:PORT or HOST.`)
  if (specs.some(({ name }) => name === 'kv') && !config.discovery.includes('dht'))
    throw wrong(
      'The dialect kv needs the key-value store, which is kept by the nodes of the DHT. Add dht to the setting discovery, or leave kv out.',
    )
  for (const spec of specs) {
    for (const port of new Set([spec.port, grpcPortOf(spec)])) {
      const own = OWN_PORTS.find((key) => port !== 0 && config[key] === port && !isDefault(key))
      if (own)
        throw wrong(
          `The dialect ${spec.name} and the setting ${own} both want port ${port}. Change one of them.`,
        )
    }
  }
  return specs
}

/** The port to ask for: any free one instead of one that nobody named and a dialect wants. */
export function yieldPort(port: number, specs: readonly DialectSpec[]): number {
  return specs.some((spec) => spec.port === port || grpcPortOf(spec) === port) ? 0 : port
}

const wrong = (message: string) => new ShoalError('INVALID_CONFIG', message)

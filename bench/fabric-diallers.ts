// Many small libp2p hosts in one process, each with one connection to the node that is measured.
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/log.ts'
import { systemRandom } from '../src/base/random.ts'
import { Fabric } from '../src/fabric/fabric.ts'
import { createIdentity } from '../src/link/identity.ts'

const [address = '', count = '0'] = process.argv.slice(2)
const [, multiaddr = '', peerId = ''] = /^(.*)\/p2p\/([^/]+)$/.exec(address) ?? []
const held: Fabric[] = []

/** One that is a client of the DHT: servers would look for each other, and this process is not what is measured. */
async function connect(): Promise<void> {
  const fabric = await Fabric.create({
    ...{
      identity: createIdentity(),
      host: '127.0.0.1',
      tcp: { port: 0, fallback: true },
      webSocket: undefined,
    },
    ...{
      announce: [],
      mdns: false,
      upnp: false,
      forward: () => [],
      dhtServer: false,
      interfaces: () => ({}),
    },
    onTunnel: (stream) => stream.destroy(),
    ...{ clock: systemClock, random: systemRandom, log: silentLogger },
  })
  await fabric.start()
  const { stream } = await fabric.open(peerId, [multiaddr], AbortSignal.timeout(20_000))
  stream.destroy()
  held.push(fabric)
}

for (let i = 0; i < Number(count); i++) await connect()
process.send!(held.length)
// The connections are there as long as this process is.
setInterval(() => {}, 60_000)

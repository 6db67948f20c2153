import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../src/base/clock.ts'
import { selfSignedCertificate } from '../src/link/certificate.ts'
import { loadIdentity } from '../src/link/identity.ts'
import { anonMib } from './nodes.ts'

/** The other contender of transfer.ts: `serve FILE FOLDER` prints a port, `fetch PORT OUT` what it took. */
const [what, from, to] = process.argv.slice(2) as [string, string, string]
if (what === 'serve') {
  const identity = await loadIdentity(join(to, 'https'))
  const cert = selfSignedCertificate(identity, systemClock.now())
  const server = createServer({ key: identity.keyPem, cert }, (_, response) => {
    void pipeline(createReadStream(from, { highWaterMark: 1024 * 1024 }), response)
  })
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
} else {
  const before = anonMib(process.pid)
  let most = before
  const startMs = performance.now()
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    highWaterMark: 1024 * 1024,
  })
  const timer = setInterval(() => {
    most = Math.max(most, anonMib(process.pid))
  }, 20)
  await new Promise<void>((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port: Number(from), rejectUnauthorized: false }, (response) => {
      pipeline(response, hashing, createWriteStream(to, { highWaterMark: 1024 * 1024 })).then(resolve, reject)
    })
    request.on('error', reject)
  })
  clearInterval(timer)
  hash.digest()
  const { user, system } = process.cpuUsage()
  const ms = performance.now() - startMs
  console.log(JSON.stringify({ ms, cpu: (user + system) / 1e6, growthMib: most - before }))
  process.exit(0)
}

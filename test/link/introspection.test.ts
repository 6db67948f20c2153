import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { type Client, loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { protoPath } from 'grpc-health-check'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { PeerService } from '../../src/contract/gen/shoal/v1/peer_pb.ts'
import { createIdentity } from '../../src/link/identity.ts'
import { LinkServer } from '../../src/link/server.ts'
import { dialAs } from './harness.ts'

const reflection = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
  '../proto/grpc/reflection',
)

type Stub = new (
  address: string,
  credentials: unknown,
  options: object,
) => Client & Record<string, (...args: never[]) => never>

/** A client of grpc-js from a .proto, over the connection that `client` has. */
function stub(path: string, service: string, client: Client) {
  const definition = loadPackageDefinition(loadSync(path))
  const Service = service.split('.').reduce<never>((scope, name) => scope[name] as never, definition as never)
  const channelOverride = client.getChannel()
  return new (Service as Stub)('unused', {}, { channelOverride })
}

async function start() {
  const server = new LinkServer({
    identity: createIdentity(),
    host: '127.0.0.1',
    port: 0,
    log: silentLogger,
    clock: systemClock,
  })
  server.addService(PeerService, {
    hello: async () => ({}),
    getManifest: async function* () {},
    getBlocks: async function* () {},
    searchShared: async function* () {},
    storeValues: async () => ({}),
    getValue: async () => ({}),
    offerValues: async () => ({}),
  })
  const { port } = await server.start()
  const connection = await dialAs(`127.0.0.1:${port}`)
  return {
    server,
    client: connection.client,
    [Symbol.asyncDispose]: async () => {
      await connection.close()
      await server.stop({ graceMs: 0 })
    },
  }
}

test('health: each service and the whole are SERVING, others are not known; NOT_SERVING when it stops', async () => {
  await using running = await start()
  const health = stub(protoPath, 'grpc.health.v1.Health', running.client)
  const check = (service: string) =>
    new Promise((resolve, reject) => {
      const done = (error: Error | null, response: unknown) => (error ? reject(error) : resolve(response))
      ;(health.check as unknown as (...args: unknown[]) => void)({ service }, done)
    })
  const serving = JSON.stringify(await check(''))
  assert.match(serving, /"status":(1|"SERVING")/)
  assert.equal(JSON.stringify(await check('shoal.v1.PeerService')), serving)
  await assert.rejects(check('shoal.v1.Other'), { code: 5 })

  const watch = (health.watch as unknown as (request: object) => NodeJS.ReadableStream)({ service: '' })
  const seen: unknown[] = []
  const over = new Promise((resolve) => watch.on('error', resolve))
  watch.on('data', (status) => {
    seen.push(status)
    if (seen.length === 1) void running.server.stop({ graceMs: 200 })
  })
  await over
  assert.equal(seen.length, 2)
  assert.match(JSON.stringify(seen[1]), /"status":(2|"NOT_SERVING")/)
})

for (const version of ['v1', 'v1alpha']) {
  test(`reflection ${version}: the services are listed and described`, async () => {
    await using running = await start()
    const client = stub(
      join(reflection, version, 'reflection.proto'),
      `grpc.reflection.${version}.ServerReflection`,
      running.client,
    )
    const ask = async (request: object) => {
      const call = (client.serverReflectionInfo as unknown as () => NodeJS.ReadWriteStream)()
      call.write(request as never)
      call.end()
      const answers: unknown[] = []
      for await (const answer of call) answers.push(answer)
      assert.equal(answers.length, 1)
      return answers[0]
    }
    const { listServicesResponse } = (await ask({ listServices: '*' })) as {
      listServicesResponse: { service: { name: string }[] }
    }
    assert.deepEqual(listServicesResponse.service.map(({ name }) => name).sort(), [
      'grpc.health.v1.Health',
      'shoal.v1.PeerService',
    ])
    const { fileDescriptorResponse } = (await ask({
      fileContainingSymbol: 'shoal.v1.PeerService.GetBlocks',
    })) as {
      fileDescriptorResponse: { fileDescriptorProto: Uint8Array[] }
    }
    const files = fileDescriptorResponse.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    )
    assert.ok(files.some(({ service }) => service.some(({ name }) => name === 'PeerService')))
    assert.ok(files.some(({ messageType }) => messageType.some(({ name }) => name === 'Entry')))
  })
}

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  Client,
  credentials,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { PeeringService } from '../../contract/gen/dialects/peering_pb.ts'
import type { Caller, Dialect, GuestFile } from '../dialect.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { type ZonedOptions, zonedDialect } from './zoned.ts'

const methods = PeeringService.method
type MethodName = keyof typeof methods
type Answer = Record<string, unknown>
type Answering = (request: Answer) => Answer

const bytesOf = (bytes: Uint8Array) => Buffer.from(bytes)

/** A plain gRPC server at a free port, and what its address is. */
async function serve(
  t: TestContext,
  calls: Record<string, (request: Buffer, from: Caller) => Promise<Uint8Array>>,
): Promise<string> {
  const server = new Server()
  const definition = Object.fromEntries(
    Object.keys(calls).map((path) => [
      path,
      {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytesOf,
        requestDeserialize: bytesOf,
        responseSerialize: bytesOf,
        responseDeserialize: bytesOf,
      },
    ]),
  )
  const implementation: UntypedServiceImplementation = {}
  for (const [path, run] of Object.entries(calls)) {
    const handle: handleUnaryCall<Buffer, Uint8Array> = (received, callback) => {
      const [host, port] = received.getPeer().split(':')
      run(received.request, { host: host!, port: Number(port) }).then(
        (answer) => callback(null, answer),
        (error) =>
          callback({ code: error instanceof ShoalError ? error.kind.grpc : 13, details: String(error) }),
      )
    }
    implementation[path] = handle
  }
  server.addService(definition, implementation)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  t.after(() => server.forceShutdown())
  return `127.0.0.1:${port}`
}

/** A call as any client makes it. Rejects with the RPC's error. */
function callRaw(t: TestContext, address: string, name: string, request: Uint8Array): Promise<Buffer> {
  const client = new Client(address, credentials.createInsecure())
  t.after(() => client.close())
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      `/peering.PeeringService/${name}`,
      bytesOf,
      bytesOf,
      request,
      { deadline: Date.now() + 5_000 },
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    ),
  )
}

async function call(t: TestContext, address: string, name: MethodName, request: Answer): Promise<Answer> {
  const { input, output } = methods[name]
  const answer = await callRaw(
    t,
    address,
    methods[name].name,
    toBinary(input, create(input, request as never)),
  )
  const { $typeName, ...fields } = fromBinary(output, answer)
  return fields
}

/** A peer of the zoned system: it keeps names and answers for them. */
async function peer(t: TestContext, names: string[] = [], answering?: Answering) {
  const asked: Answer[] = []
  const answers: Record<string, Answering> = {
    RecieveFile: ({ fileName }) => {
      names.push(fileName as string)
      return { status: 'success', message: 'stored' }
    },
    SendFile: (request) => {
      asked.push({ fileName: request.fileName, properFile: request.properFile })
      if (answering) return answering(request)
      const isHeld = names.includes(request.fileName as string)
      return isHeld
        ? { status: 'success', file: request.fileName }
        : { status: 'failed', message: 'not found' }
    },
  }
  const calls = Object.values(methods)
    .filter((method) => method.name in answers)
    .map((method) => [
      `/peering.PeeringService/${method.name}`,
      async (request: Buffer) => {
        const message = answers[method.name]!(fromBinary(method.input, request) as never)
        return toBinary(method.output, create(method.output, message as never))
      },
    ])
  const address = await serve(t, Object.fromEntries(calls))
  const [ip, port] = address.split(':') as [string, string]
  return { address, ip, port, names, asked }
}

async function started(t: TestContext, options: Partial<ZonedOptions> = {}) {
  const context = fakeContext()
  const dialect: Dialect = zonedDialect(context, options)
  const calls = [...dialect.grpc!.calls].map(([path, run]) => [
    path,
    (request: Buffer, from: Caller) => {
      context.calls.called(from)
      return run(request, from)
    },
  ])
  const address = await serve(t, Object.fromEntries(calls))
  const [host, port] = address.split(':') as [string, string]
  dialect.start({ host, port: Number(port) })
  t.after(() => dialect.stop())
  const ask = (name: MethodName, request: Answer) => call(t, address, name, request)
  const register = (port: number | string, ip = '127.0.0.1') => ask('register', { ip, port: `${port}` })
  /** Who is told of for a place, in order. */
  const at = async (place: number) => {
    const { id, ipPort } = await ask('peersByZone', { zone: Math.floor(place / 8) * 8 + 8 })
    return (ipPort as string[]).filter((_, i) => (id as number[])[i] === place)
  }
  return { context, dialect, address, ask, register, at }
}

/** What a client does with a name: who holds its very place, else all of the zone, else the zone below, without a lower bound. */
async function walk(t: TestContext, server: string, fileName: string) {
  const digest = BigInt(`0x${createHash('sha256').update(fileName).digest('hex')}`)
  const id = Number(digest % 64n)
  for (let zone = Number((digest % 64n) / 8n + 1n) * 8; ; zone -= 8) {
    const told = await call(t, server, 'peersByZone', { zone })
    const ids = told.id as number[]
    const ipPorts = told.ipPort as string[]
    if (ids.length === 0) continue
    const proper = ids.indexOf(id)
    return { ipPorts: proper >= 0 ? [ipPorts[proper]!] : ipPorts, properFile: proper >= 0 }
  }
}

/** As a client downloads: the first that has it; an RPC error ends it. */
async function download(t: TestContext, server: string, fileName: string): Promise<string | undefined> {
  const { ipPorts, properFile } = await walk(t, server, fileName)
  for (const ipPort of ipPorts) {
    const answer = await call(t, ipPort, 'sendFile', { fileName, properFile })
    if (answer.status !== 'failed') return answer.file as string
  }
  return undefined
}

async function upload(t: TestContext, server: string, fileName: string): Promise<Answer> {
  const { ipPorts, properFile } = await walk(t, server, fileName)
  return call(t, ipPorts.at(-1)!, 'recieveFile', { fileName, properFile })
}

async function until(
  isSo: () => Promise<boolean>,
  step: () => Promise<void> = () => wait(10),
): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await isSo()) return
    await step()
  }
  assert.fail('it did not come to pass')
}

/** A name that leads to this place of 64. */
function nameFor(place: number, salt = ''): string {
  for (let i = 0; ; i++) {
    const name = `${salt}${i}.txt`
    const digest = createHash('sha256').update(name).digest('hex')
    if (Number.parseInt(digest.slice(-2), 16) % 64 === place) return name
  }
}

test('a session of a server as its clients see it', async (t) => {
  const { context, ask, address } = await started(t)
  const place = (peerId: number, zoneKey: number) => ({
    ...{ status: 'success', peerId, zoneKey, numberOfZones: 8, zoneSize: 8 },
  })
  const failed = { status: 'failed' }
  const own = (...ids: number[]) => ids.map(() => address)
  const steps: [MethodName, Answer, Answer][] = [
    ['register', { ip: '127.0.0.1', port: '7001' }, place(0, 8)],
    ['register', { ip: '127.0.0.1', port: '7002' }, place(8, 16)],
    ['register', { ip: '127.0.0.1', port: '7001' }, place(0, 8)],
    ['register', { ip: 'example', port: '7003' }, { ...failed, peerId: 0, zoneKey: 0 }],
    ['register', { ip: '0.0.0.0', port: '7003' }, failed],
    ['register', { ip: '127.0.0.1', port: '0' }, failed],
    ['register', { ip: '127.0.0.1', port: '65536' }, failed],
    ['register', { ip: '127.0.0.1', port: '7003 ' }, failed],
    ['register', { ip: '127.0.0.1', port: address.split(':')[1] }, failed],
    ['register', {}, failed],
    [
      'peersByZone',
      { zone: 16 },
      {
        ...{ status: 'success', id: [8, 9, 10, 11, 12, 13, 14, 15] },
        ipPort: ['127.0.0.1:7002', ...own(9, 10, 11, 12, 13, 14, 15)],
      },
    ],
    ['peersByZone', { zone: 13 }, { status: 'success', id: [], ipPort: [] }],
    ['peersByZone', { zone: 72 }, { status: 'success', id: [], ipPort: [] }],
    ['recieveFile', { fileName: 'test.txt', properFile: true }, { status: 'success' }],
    ['recieveFile', { fileName: 'test.txt' }, { status: 'success' }],
    ['recieveFile', { fileName: '' }, failed],
    ['recieveFile', { fileName: 'x'.repeat(256) }, failed],
    ['sendFile', { fileName: 'test.txt', properFile: true }, { status: 'success', file: 'test.txt' }],
    ['sendFile', { fileName: 'none.txt' }, { ...failed, message: 'Nobody has "none.txt".', file: '' }],
    ['unregister', { zoneKey: 8, id: 8 }, failed],
    ['unregister', { zoneKey: 16, id: 8 }, { status: 'success' }],
    ['unregister', { zoneKey: 16, id: 8 }, failed],
    ['register', { ip: '127.0.0.1', port: '7004' }, place(8, 16)],
    ['register', { ip: 'localhost', port: '7005' }, place(16, 24)],
  ]
  for (const [name, request, answer] of steps) {
    const told = await ask(name, request)
    assert.deepEqual({ ...told, ...answer }, told, `${name} ${JSON.stringify(request)}`)
    assert.ok(told.message, 'there is a message for people')
  }
  const [guest, ...others] = context.guests.list('zoned')
  assert.deepEqual(others, [])
  assert.match(guest!.holder, /^127\.0\.0\.1:\d+$/)
  assert.deepEqual(
    { ...guest, holder: '' },
    { dialect: 'zoned', owner: '16:10', name: 'test.txt', holder: '' },
  )
})

test('field numbers on the wire', async (t) => {
  const { context, address } = await started(t)
  context.node.add('a.txt', 'text')
  const text = (field: number, value: string) =>
    Buffer.concat([Buffer.from([field * 8 + 2, value.length]), Buffer.from(value)])
  const number = (field: number, value: number) => Buffer.from([field * 8, value])
  const ok = [text(1, 'success'), text(2, 'Done.')]
  const steps: [string, Buffer[], Buffer[]][] = [
    ['Register', [text(1, '127.0.0.1'), text(2, '7001')], [...ok, number(4, 8), number(5, 8), number(6, 8)]],
    [
      'Register',
      [text(1, '127.0.0.1'), text(2, '7002')],
      [...ok, number(3, 8), number(4, 16), number(5, 8), number(6, 8)],
    ],
    [
      'PeersByZone',
      [number(1, 16)],
      [
        ...ok,
        text(3, '\b\t\n\v\f\r\u000e\u000f'),
        text(4, '127.0.0.1:7002'),
        ...Array(7).fill(text(4, address)),
      ],
    ],
    ['PeersByZone', [number(1, 9)], ok],
    ['RecieveFile', [text(1, 'test.txt'), number(2, 1)], ok],
    ['SendFile', [text(1, 'test.txt'), number(2, 1)], [...ok, text(3, 'test.txt')]],
    ['SendFile', [text(1, 'a.txt')], [...ok, text(3, 'text')]],
    ['Unregister', [number(1, 8), number(2, 0)], ok],
    ['Unregister', [number(1, 8)], [text(1, 'failed'), text(2, 'Nobody has place 0 in zone 8.')]],
  ]
  for (const [name, request, answer] of steps)
    assert.equal(
      (await callRaw(t, address, name, Buffer.concat(request))).toString('hex'),
      Buffer.concat(answer).toString('hex'),
      name,
    )
})

test('a walk that goes too low ends with an error of the call, and so does what is no message', async (t) => {
  const { ask, address } = await started(t)
  for (const zone of [0, -8, -(2 ** 31)])
    await assert.rejects(ask('peersByZone', { zone }), { code: status.INVALID_ARGUMENT })
  for (const bytes of ['ff', '0a05', '0a02c328'])
    await assert.rejects(callRaw(t, address, 'SendFile', Buffer.from(bytes, 'hex')), {
      code: status.INVALID_ARGUMENT,
    })
})

test('a client finds what Shoal has, own and of the network, wherever its name leads', async (t) => {
  const { context, address, register } = await started(t)
  for (let i = 0; i < 5; i++) await register(7001 + i)
  for (let place = 0; place < 64; place++) {
    context.node.add(nameFor(place, 'own'), `text ${place}`)
    await context.clock.advance(1_000)
    assert.equal(await download(t, address, nameFor(place, 'own')), `text ${place}`)
  }
  context.node.add('a.txt', 'far away', { isHere: false })
  assert.equal(await download(t, address, 'a.txt'), 'far away')
  assert.equal(await download(t, address, 'test.txt'), undefined)
})

test('only text of up to 1 MiB is sent, and it is said why', async (t) => {
  const { context, ask } = await started(t)
  context.node.add('big.txt', 'x'.repeat(1024 * 1024 + 1))
  context.node.add('full.txt', 'x'.repeat(1024 * 1024))
  context.node.add('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]))
  context.node.add('mark.txt', '\ufeffä')
  const send = (fileName: string) => ask('sendFile', { fileName })
  assert.match(
    String((await send('big.txt')).message),
    /^"big.txt" has 1\.00 MiB: only text of up to 1\.00 MiB/,
  )
  assert.equal(String((await send('full.txt')).file).length, 1024 * 1024)
  assert.match(String((await send('picture.png')).message), /not text in UTF-8/)
  assert.equal((await send('mark.txt')).file, '\ufeffä')
  for (const path of ['../full.txt', '/full.txt', 'FULL.txt'])
    assert.equal((await send(path)).status, 'failed', path)
})

test('of several network files with one name, the first that can be sent is', async (t) => {
  const { context, ask } = await started(t)
  context.node.add('notes', Buffer.from([0xff]), { isHere: false })
  context.node.add('notes', 'read me', { isHere: false })
  assert.equal((await ask('sendFile', { fileName: 'notes' })).file, 'read me')
})

test('what a client uploads is found by others, also when somebody takes the place that the name leads to', async (t) => {
  const { address, register } = await started(t, { networkSize: 64 })
  for (const place of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const name = nameFor(place, 'up')
    assert.equal((await upload(t, address, name)).status, 'success')
  }
  // The node is told of before the newcomer.
  for (let i = 0; i < 64; i++) assert.equal((await register(7001 + i)).status, 'success')
  assert.equal((await register(7100)).status, 'failed')
  for (const place of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const name = nameFor(place, 'up')
    assert.equal(await download(t, address, name), name)
  }
})

test('the place of a newcomer is its own, unless names lead there; all who registered are told of', async (t) => {
  const { address, register, at, ask } = await started(t)
  await register(7001)
  assert.deepEqual(await at(0), ['127.0.0.1:7001'])
  await ask('recieveFile', { fileName: nameFor(0), properFile: true })
  assert.deepEqual(await at(0), [address, '127.0.0.1:7001'])
  assert.deepEqual(await at(1), [address])
})

test('the node asks members of the zone for what it lacks', async (t) => {
  const { context, ask, register, address } = await started(t)
  const held = await peer(t, [nameFor(0), 'test.txt'])
  await register(held.port)
  assert.equal((await ask('sendFile', { fileName: nameFor(0) })).status, 'failed')
  assert.deepEqual(held.asked, [], 'not before it had time to listen')
  await context.clock.advance(30_000)
  assert.equal((await ask('sendFile', { fileName: nameFor(0) })).file, nameFor(0))
  assert.equal((await ask('sendFile', { fileName: nameFor(0, 'other') })).status, 'failed')
  assert.deepEqual(held.asked, [
    { fileName: nameFor(0), properFile: true },
    { fileName: nameFor(0, 'other'), properFile: true },
  ])
  assert.equal((await ask('sendFile', { fileName: 'test.txt' })).status, 'failed', 'of another zone')
  // What is in front of a member passes its names on.
  await ask('recieveFile', { fileName: nameFor(0, 'more') })
  assert.equal(await download(t, address, nameFor(0)), nameFor(0))
})

test('a search asks the holder of a name, and only what may be called', async (t) => {
  const { context, dialect, register } = await started(t, { graceMs: 0 })
  const held = await peer(t, [nameFor(0)])
  await register(held.port)
  const search = async (words: string) => {
    const found: GuestFile[] = []
    for await (const file of dialect.search!({ words }, AbortSignal.timeout(5_000))) found.push(file)
    return found
  }
  const [file] = await search(` ${nameFor(0)} `)
  assert.deepEqual(file, { dialect: 'zoned', owner: '8:0', name: nameFor(0), holder: held.address })
  assert.deepEqual(await search(nameFor(0, 'not')), [])
  assert.deepEqual(await search('a.txt'), [])
  const asked = held.asked.length
  context.calls.allowed.clear()
  assert.deepEqual(await search(nameFor(0)), [])
  assert.equal(held.asked.length, asked)
})

test('members that answer nonsense, too much or nothing end nothing', async (t) => {
  const { context, ask, register } = await started(t, { graceMs: 0 })
  const hostile: Answering[] = [
    () => ({ status: 'success', file: 'x'.repeat(2 * 1024 * 1024) }),
    () => {
      throw new Error('broken')
    },
  ]
  for (const answering of hostile) {
    const { port } = await peer(t, [], answering)
    await register(port)
    assert.equal((await ask('sendFile', { fileName: nameFor(0) })).status, 'failed')
    await ask('unregister', { zoneKey: 8, id: 0 })
  }
  // Listens and never answers: the deadline does.
  const net = await import('node:net')
  const mute = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await new Promise((resolve) => mute.once('listening', resolve))
  t.after(() => mute.close())
  await register((mute.address() as { port: number }).port)
  let isDone = false
  const asking = ask('sendFile', { fileName: nameFor(0) }).finally(() => {
    isDone = true
  })
  await until(
    async () => isDone,
    async () => {
      await wait(5)
      await context.clock.advance(100)
    },
  )
  assert.equal((await asking).status, 'failed')
})

test('members that are gone are told of no longer and lose their place; who comes back in time has it again', async (t) => {
  const { context, dialect, register, at, address } = await started(t)
  const name = nameFor(0)
  const living = await peer(t)
  await register(1) // nobody listens there: place 0
  await register(living.port) // place 8
  await context.clock.advance(29_000)
  assert.deepEqual(await at(0), ['127.0.0.1:1'], 'it has time to begin')
  await assert.rejects(download(t, address, name), { code: status.UNAVAILABLE })
  await until(
    async () => (await at(0))[0] === address,
    () => context.clock.advance(1_000),
  )
  assert.equal(await download(t, address, name), undefined)
  const members = dialect.view().members as { place: number; isSilent: boolean }[]
  assert.deepEqual(
    members.map(({ place, isSilent }) => [place, isSilent]),
    [
      [0, true],
      [8, false],
    ],
  )
  assert.equal((await register(1)).peerId, 0)
  assert.deepEqual(await at(0), ['127.0.0.1:1'])
  await until(
    async () => (dialect.view().members as unknown[]).length === 1,
    () => context.clock.advance(5_000),
  )
  assert.deepEqual(await at(8), [living.address])
  assert.equal((await register(7001)).peerId, 0)
})

test('nobody is probed whose address has not called', async (t) => {
  const { context, register, at } = await started(t, { graceMs: 0 })
  await register(1, '127.0.0.9')
  for (let i = 0; i < 50; i++) await context.clock.advance(10_000)
  assert.deepEqual(await at(0), ['127.0.0.9:1'])
})

test('when all places are taken, the silent lose theirs first, then those whom nobody can ask', async (t) => {
  const { context, dialect, register } = await started(t, { networkSize: 3, graceMs: 60_000 })
  await register(1)
  await register(7001, '127.0.0.9')
  await context.clock.advance(45_000)
  await register(7002)
  const places = () => (dialect.view().members as { address: string }[]).map(({ address }) => address).sort()
  await until(
    async () => (dialect.view().members as { isSilent: boolean }[]).some(({ isSilent }) => isSilent),
    () => context.clock.advance(1_000),
  )
  assert.equal((await register(7003)).status, 'success')
  assert.deepEqual(places(), ['127.0.0.1:7002', '127.0.0.1:7003', '127.0.0.9:7001'])
  assert.equal((await register(7004)).status, 'success')
  assert.deepEqual(places(), ['127.0.0.1:7002', '127.0.0.1:7003', '127.0.0.1:7004'])
  assert.equal((await register(7005)).status, 'failed')
})

test('a place is given back from where it was registered only', async (t) => {
  const { dialect, register } = await started(t)
  await register(7001)
  const { input, output } = methods.unregister
  const unregister = async (host: string) => {
    const run = dialect.grpc!.calls.get('/peering.PeeringService/Unregister')!
    const request = toBinary(input, create(input, { zoneKey: 8, id: 0 }))
    return fromBinary(output, await run(request, { host, port: 1 })).status
  }
  assert.equal(await unregister('192.0.2.7'), 'failed')
  assert.equal(await unregister('127.0.0.1'), 'success')
})

test('the holder of a name is the one member at that address; names are bounded, and what is refused is not kept', async (t) => {
  const { context, ask, register } = await started(t, { maxNames: 2 })
  await register(7001)
  await ask('recieveFile', { fileName: 'one' })
  assert.equal(context.guests.list('zoned')[0]!.holder, '127.0.0.1:7001')
  context.guests.room = 1
  assert.equal((await ask('recieveFile', { fileName: 'two' })).status, 'failed')
  assert.equal((await ask('sendFile', { fileName: 'two' })).status, 'failed')
  context.guests.room = 9
  assert.equal((await ask('recieveFile', { fileName: 'two' })).status, 'success')
  assert.equal((await ask('recieveFile', { fileName: 'three' })).message, 'No more names are kept here.')
  assert.equal((await ask('recieveFile', { fileName: 'one' })).status, 'success')
})

test('one delivery a name at a time: an echo of a question starts nothing', async (t) => {
  const { context, ask, register } = await started(t, { graceMs: 0 })
  let echo: Promise<Answer> | undefined
  const echoing = await peer(t, [], () => {
    echo = ask('sendFile', { fileName: nameFor(0) })
    return { status: 'failed' }
  })
  await register(echoing.port)
  assert.equal((await ask('sendFile', { fileName: nameFor(0) })).status, 'failed')
  await echo
  const searches = context.node.found.filter(({ here }) => !here).length
  assert.ok(searches <= 2, `${searches} searches`)
})

test('any names and keys are answered, and never with more than a failure', async (t) => {
  const { dialect } = await started(t)
  const run = (name: MethodName, request: Answer) => {
    const { input, name: method } = methods[name]
    const bytes = toBinary(input, create(input, request as never))
    return dialect.grpc!.calls.get(`/peering.PeeringService/${method}`)!(bytes, {
      host: '127.0.0.1',
      port: 1,
    })
  }
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(text, text, int32, int32, async (ip, port, zoneKey, id) => {
      await run('register', { ip, port })
      await run('unregister', { zoneKey, id })
      await run('recieveFile', { fileName: ip })
      const { output } = methods.sendFile
      const sent = fromBinary(output, await run('sendFile', { fileName: ip }))
      assert.ok(sent.status === 'failed' ? sent.message !== '' : sent.file === ip)
      await run('peersByZone', { zone: zoneKey }).catch((error) => {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_ARGUMENT' && zoneKey <= 0)
      })
    }),
  )
})

test('sizes that cannot be are refused when it is made', () => {
  assert.throws(() => zonedDialect(fakeContext(), { numberOfZones: 7 }), { code: 'INVALID_CONFIG' })
})

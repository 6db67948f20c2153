import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, matchesGlob, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { resolveConfig } from '../../src/node/config.ts'
import {
  environmentName,
  type IndexConfig,
  IndexSettings,
  type NodeConfig,
  NodeSettings,
} from '../../src/node/settings.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const settings = { start: NodeSettings, index: IndexSettings }
/** Read by the command line itself. */
const OTHER_VARIABLES = ['SHOAL_DATA']

/** Instructions of the Dockerfile, each on one line, comments left out. */
const instructions = read('deploy/docker/Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ name: line.split(' ', 1)[0]!, rest: line.slice(line.indexOf(' ') + 1).trim() }))
const all = (name: string) => instructions.filter((each) => each.name === name).map(({ rest }) => rest)
/** Those of the last stage. */
const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
const inLast = (name: string) => last.filter((each) => each.name === name).map(({ rest }) => rest)

/** Whether a path of the checkout is in what an image is built from (.dockerignore). */
function isSent(path: string): boolean {
  let sent = true
  for (const line of read('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const pattern = line.replace(/^!/, '')
    if (matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`)) sent = line.startsWith('!')
  }
  return sent
}

test('what the Dockerfile copies is there', () => {
  const stages = new Map<string, string>()
  let stage = ''
  for (const { name, rest } of instructions) {
    if (name === 'FROM') {
      stage = / AS (\w+)$/.exec(rest)?.[1] ?? 'last'
      stages.set(stage, '')
    }
    if (name !== 'COPY') continue
    const [, from, paths] = /^(?:--from=(\w+) )?(.*)$/.exec(rest)!
    const sources = paths!.split(' ').slice(0, -1)
    if (from) assert.ok(stages.has(from), `COPY from ${from}`)
    for (const source of sources) {
      // dist and node_modules are made by what runs before.
      const path = source.replace(/^\/(src|app)\//, '')
      if (source === '.' || path === 'dist' || path === 'node_modules') continue
      assert.ok(existsSync(join(root, path)), source)
      assert.ok(isSent(path), `${source} is left out by .dockerignore`)
    }
  }
  for (const path of ['src/cli/main.ts', 'scripts/build.ts', 'tsconfig.build.json', 'src/contract/gen'])
    assert.ok(isSent(path), path)
  for (const path of ['node_modules', '.git/config', 'test/docs.test.ts', 'src/base/log.test.ts', 'dist'])
    assert.ok(!isSent(path), path)
})

test('all that the package has is in the image', () => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] }
  const copied = inLast('COPY').join(' ').split(' ')
  for (const file of files)
    assert.ok(
      copied.some((path) => path.endsWith(`/${file}`)),
      file,
    )
})

test('the image runs Node 24 as another user than root, and stops cleanly', () => {
  for (const from of all('FROM')) assert.match(from, /node:24-bookworm-slim/)
  assert.deepEqual(inLast('USER'), ['node'])
  assert.deepEqual(inLast('STOPSIGNAL'), ['SIGTERM'])
  assert.deepEqual(JSON.parse(inLast('ENTRYPOINT')[0]!), ['/app/bin/shoal'])
  assert.deepEqual(JSON.parse(inLast('CMD')[0]!), ['start', '--json'])
  assert.deepEqual(JSON.parse(inLast('VOLUME')[0]!), ['/data', '/downloads'])
  const check = JSON.parse(/CMD (.*)$/.exec(inLast('HEALTHCHECK')[0]!)![1]!) as string[]
  assert.deepEqual(check, ['node', '/app/healthcheck.mjs'])
})

test('its variables are settings, its ports those of a node', () => {
  const names = Object.keys(NodeSettings.properties).map(environmentName)
  for (const [, name] of inLast('ENV')
    .join(' ')
    .matchAll(/(SHOAL_\w+)=/g))
    assert.ok([...names, ...OTHER_VARIABLES].includes(name!), name)
  const { config } = resolveConfig<NodeConfig>(NodeSettings, { flags: {}, env: {}, file: {} })
  const { httpPort, grpcPort, p2pPort, p2pWsPort } = config
  assert.equal(inLast('EXPOSE')[0], [httpPort, grpcPort, p2pPort, p2pWsPort].join(' '))
})

test('its build runs scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const [, name] of all('RUN')
    .join(' ')
    .matchAll(/npm run (\S+)/g))
    assert.ok(scripts[name!], name)
})

test('the health check tells whether the server is ready', async (t) => {
  let status = 200
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`)
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const check = async () => {
    const env = { ...process.env, SHOAL_HTTP_PORT: String(port) }
    const child = spawn(process.execPath, [join(root, 'deploy/docker/healthcheck.mjs')], { env })
    const [code] = (await once(child, 'exit')) as [number]
    return code
  }
  assert.equal(await check(), 0)
  assert.deepEqual(asked, [`127.0.0.1:${port} /readyz`])
  status = 503
  assert.equal(await check(), 1)
})

interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  command?: string[]
  environment?: Record<string, string>
  ports: string[]
  volumes: string[]
  depends_on?: string[] | Record<string, unknown>
  networks: string[]
}
interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  networks: Record<string, unknown>
}
const compose = parse(read('deploy/docker/compose.yaml'), { merge: true }) as Compose
const prometheus = parse(read('deploy/docker/prometheus/prometheus.yml')) as {
  scrape_configs: { static_configs: { targets: string[] }[] }[]
}
const servers = Object.entries(compose.services).filter(([, { image }]) => image.startsWith('shoal'))

test('the Compose file gives every server settings that it has, and that fit', () => {
  assert.equal(servers.length, 4)
  for (const [name, { command = ['start', '--json'], environment = {} }] of servers) {
    const schema = settings[command[0] as keyof typeof settings]
    assert.ok(schema, `${name} runs ${command[0]}`)
    const known = Object.keys(schema.properties).map(environmentName)
    for (const variable of Object.keys(environment))
      assert.ok(known.includes(variable), `${name} ${variable}`)
    const { config } = resolveConfig<NodeConfig | IndexConfig>(schema, {
      flags: {},
      env: environment,
      file: {},
    })
    assert.equal(config.name, name)
    assert.equal(config.httpHost, '0.0.0.0')
  }
})

test('ports are published on loopback only, under the number that they have inside', () => {
  for (const [name, { ports, environment }] of Object.entries(compose.services)) {
    for (const port of ports) {
      const [, outside, inside] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(port) ?? []
      assert.ok(outside && outside === inside, `${name} ${port}`)
      if (environment?.SHOAL_HTTP_PORT) assert.equal(inside, environment.SHOAL_HTTP_PORT, name)
    }
  }
})

test('Prometheus reads every server, by a name that it answers to', () => {
  const targets = prometheus.scrape_configs.flatMap((job) =>
    job.static_configs.flatMap((each) => each.targets),
  )
  const expected = servers.map(([name, { environment }]) => `${name}:${environment!.SHOAL_HTTP_PORT}`)
  assert.deepEqual([...targets].sort(), expected.sort())
  for (const [name, { command, environment }] of servers) {
    // The index server has no list of names.
    if (command?.[0] === 'index') continue
    assert.equal(environment!.SHOAL_ALLOWED_HOSTS, `${name}:${environment!.SHOAL_HTTP_PORT}`)
    assert.equal(environment!.SHOAL_INDEX, `index:${compose.services.index!.environment!.SHOAL_GRPC_PORT}`)
  }
})

test('what the Compose file names is there, and no secret is in it', () => {
  const folder = 'deploy/docker'
  for (const [name, service] of Object.entries(compose.services)) {
    const needed = service.depends_on ?? []
    for (const other of Array.isArray(needed) ? needed : Object.keys(needed))
      assert.ok(compose.services[other])
    for (const network of service.networks) assert.ok(network in compose.networks)
    for (const volume of service.volumes) {
      const source = volume.replace(/^\$\{[^}]*\}/, '$').split(':', 1)[0]!
      if (source === '$') continue
      if (source.startsWith('.')) assert.ok(existsSync(join(root, folder, source)), `${name} ${volume}`)
      else assert.ok(source in compose.volumes, `${name} ${volume}`)
    }
    if (service.build) {
      const context = normalize(join(folder, service.build.context))
      assert.ok(existsSync(join(root, context, service.build.dockerfile)))
    }
    for (const [key, value] of Object.entries(service.environment ?? {}))
      assert.doesNotMatch(`${key}=${value}`, /password|secret|token/i)
  }
})

test('Grafana finds its data source and its dashboards', () => {
  const { volumes, environment } = compose.services.grafana!
  const provisioning = 'deploy/docker/grafana/provisioning'
  const provider = parse(read(`${provisioning}/dashboards/shoal.yml`)) as {
    providers: { options: { path: string } }[]
  }
  const source = parse(read(`${provisioning}/datasources/prometheus.yml`)) as {
    datasources: { url: string }[]
  }
  const { path } = provider.providers[0]!.options
  assert.ok(volumes.some((volume) => volume.startsWith(`../grafana:${path}:`)))
  assert.equal(environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH, `${path}/shoal.json`)
  const url = new URL(source.datasources[0]!.url)
  assert.equal(compose.services[url.hostname]!.ports[0], `127.0.0.1:${url.port}:${url.port}`)
})

import swagger from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import type { Logger } from '../base/log.ts'
import type { Tracing } from '../base/tracing.ts'
import type { Api, ApiContext } from './context.ts'
import { completeDocument } from './document/complete.ts'
import { NODE_ALWAYS, NODE_OPERATIONS } from './document/node-operations.ts'
import type { OpenApiDocument } from './document/openapi.ts'
import { installEtags } from './etags.ts'
import { type GuardPolicy, guard } from './guard/guard.ts'
import { SECURITY_HEADERS } from './guard/headers.ts'
import { timeRequests } from './metrics/http.ts'
import { nodeMetrics } from './metrics/node-metrics.ts'
import { newApp } from './new-app.ts'
import { TAGS } from './operation.ts'
import { configRoutes } from './routes/config.ts'
import { contentRoutes } from './routes/content.ts'
import { doctorRoutes } from './routes/doctor.ts'
import { downloadRoutes } from './routes/downloads.ts'
import { incomingRoutes } from './routes/incoming.ts'
import { keptRoutes } from './routes/kept.ts'
import { KEY_PARAM_LENGTH, kvRoutes } from './routes/kv.ts'
import { libraryRoutes } from './routes/library.ts'
import { linkRoutes } from './routes/links.ts'
import { watchRoutes } from './routes/metrics.ts'
import { networkRoutes } from './routes/network.ts'
import { nodeRoutes } from './routes/node.ts'
import { pageRoutes } from './routes/pages.ts'
import { replicaRoutes } from './routes/replicas.ts'
import { searchRoutes } from './routes/search.ts'
import { statsRoutes } from './routes/stats.ts'
import { targetRoutes } from './routes/targets.ts'
import { transferRoutes } from './routes/transfers.ts'
import { verifyRoutes } from './routes/verify.ts'
import { wishRoutes } from './routes/wishes.ts'
import { traceRequests } from './trace-requests.ts'
import { webRoutes } from './web-files.ts'

/** Largest body, bytes: settings, paths and values; files are streamed, see routes/incoming.ts. */
export const BODY_LIMIT_BYTES = 64 * 1024

/** Most TCP connections at once: many for one machine's owner, few enough to bound what they hold. */
const MAX_CONNECTIONS = 256

export interface AppOptions extends Omit<ApiContext, 'isOwner'> {
  readonly log: Logger
  /** Asked at every request: the port is known only when the server listens. */
  readonly policy: () => GuardPolicy
  /** Whether content is given to those who have no token. */
  readonly isGatewayOpen: () => boolean
  readonly tracing?: Tracing | undefined
}

/** The HTTP API, ready to listen. */
export async function buildApp({ policy, isGatewayOpen, log, tracing, ...parts }: AppOptions): Promise<Api> {
  const context = { ...parts, isOwner: (authorization?: string) => policy().hasToken(authorization) }
  const app = newApp({
    bodyLimit: BODY_LIMIT_BYTES,
    maxConnections: MAX_CONNECTIONS,
    routerOptions: { maxParamLength: KEY_PARAM_LENGTH },
    log,
  })
  const requests = timeRequests(app)
  if (tracing) traceRequests(app, tracing)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    const { headers, raw } = request
    guard(
      {
        method: request.method,
        url: raw.url ?? '',
        hosts: raw.headersDistinct.host ?? [],
        origin: headers.origin,
        authorization: headers.authorization,
        fetchSite: headers['sec-fetch-site'],
        fetchMode: headers['sec-fetch-mode'],
        fetchDest: headers['sec-fetch-dest'],
        secret: request.routeOptions.config.secret === true,
      },
      policy(),
    )
  })
  installEtags(app)
  await app.register(swagger, documentOptions(context.port.status().version))
  await app.register(async (scope) => {
    const api = scope as Api
    for (const routes of [
      nodeRoutes,
      libraryRoutes,
      linkRoutes,
      verifyRoutes,
      searchRoutes,
      targetRoutes,
      downloadRoutes,
      wishRoutes,
      replicaRoutes,
      keptRoutes,
      transferRoutes,
      networkRoutes,
      statsRoutes,
      doctorRoutes,
      configRoutes,
    ])
      routes(api, context)
    const mayRead = (authorization?: string) => isGatewayOpen() || context.isOwner(authorization)
    contentRoutes(api, { ...context, log, mayRead })
    pageRoutes(api, context)
    webRoutes(api)
    watchRoutes(api, {
      metrics: () => nodeMetrics({ ...context, requests }),
      readiness: () => context.port.readiness(),
    })
  })
  // Beside the others, because its bodies are taken as they are.
  await app.register(async (scope) => kvRoutes(scope as Api, context))
  await app.register(async (scope) => incomingRoutes(scope as Api, context))
  return app
}

function documentOptions(version: string) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Shoal node',
        version,
        description:
          "The API of a running Shoal node, on loopback only. Everything that changes something, and reading the settings, needs the bearer token from the file api.token in the node's data folder. Errors are problem details (RFC 9457) with a stable `code`. Each write says what the same request does again; none needs an Idempotency-Key. All abilities with their names in gRPC and on the command line are in docs/API.md.",
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This node' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http' as const,
            scheme: 'bearer',
            description: 'Token from the file api.token in the data folder',
          },
        },
      },
    },
    convertConstToEnum: false,
    transform: nameWildcard,
    transformObject: completed,
  }
}

const completed = (made: object) =>
  completeDocument((made as { openapiObject: OpenApiDocument }).openapiObject, {
    operations: NODE_OPERATIONS,
    always: NODE_ALWAYS,
  }) as object

/** OpenAPI has no name for what the router calls `*`. */
function nameWildcard({ schema, url }: { schema: FastifySchema; url: string }) {
  const params = schema?.params as { properties?: Record<string, unknown>; required?: string[] } | undefined
  if (!url.endsWith('/*') || !params?.properties) return { schema, url }
  const { '*': path, ...others } = params.properties
  const required = params.required?.map((name) => (name === '*' ? 'path' : name))
  const named = { ...params, properties: { ...others, path }, ...(required && { required }) }
  return { schema: { ...schema, params: named }, url: url.replace(/\*$/, ':path') }
}

import swagger from '@fastify/swagger'
import type { Logger } from '../../base/log.ts'
import type { Api } from '../context.ts'
import { completeDocument } from '../document/complete.ts'
import type { OpenApiDocument } from '../document/openapi.ts'
import { SECURITY_HEADERS } from '../guard/headers.ts'
import { timeRequests } from '../metrics/http.ts'
import { indexMetrics } from '../metrics/index-metrics.ts'
import { newApp } from '../new-app.ts'
import { watchRoutes } from '../routes/metrics.ts'
import { traceRequests } from '../trace-requests.ts'
import type { IndexRestContext } from './context.ts'
import { INDEX_TAGS } from './operation.ts'
import { INDEX_ALWAYS, INDEX_OPERATIONS } from './operations.ts'
import { pageRoutes } from './pages.ts'
import { publishRoutes } from './publish-routes.ts'
import { readRoutes } from './read-routes.ts'
import { sessionRoutes } from './session-routes.ts'

/** Largest body, bytes: a full batch of entries with long paths. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024

/** Most TCP connections at once, and how long a request may take to come, ms. */
const MAX_CONNECTIONS = 1024
const REQUEST_TIMEOUT_MS = 30_000

/** The REST API of the index server, ready to listen. */
export async function buildIndexApp(context: IndexRestContext, log: Logger): Promise<Api> {
  const app = newApp({
    bodyLimit: BODY_LIMIT_BYTES,
    maxConnections: MAX_CONNECTIONS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // The longest CID, and a path of 4096 bytes in a query, percent-encoded.
    routerOptions: { maxParamLength: 512 },
    log,
  })
  const requests = timeRequests(app)
  if (context.tracing) traceRequests(app, context.tracing)
  const startedMs = context.clock.monotonic()
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS))
  await app.register(swagger, documentOptions(context.info.version))
  await app.register(async (scope) => {
    const api = scope as Api
    for (const routes of [readRoutes, sessionRoutes, publishRoutes, pageRoutes]) routes(api, context)
    watchRoutes(api, {
      metrics: () =>
        indexMetrics({
          ...context,
          version: context.info.version,
          uptimeMs: () => context.clock.monotonic() - startedMs,
          requests,
        }),
      readiness: context.readiness,
    })
  })
  return app
}

function documentOptions(version: string) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Shoal index server',
        version,
        description:
          'Who is online and who has what. Anybody may search. To register files without running a node, ask for a nonce, sign it with the Ed25519 key of your PeerId, log in, and send a heartbeat before the lease ends. Errors are problem details (RFC 9457) with a stable `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: Object.entries(INDEX_TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http' as const,
            scheme: 'bearer',
            description: 'Token of a session, given at login',
          },
        },
      },
    },
    convertConstToEnum: false,
    transformObject: completed,
  }
}

const completed = (made: object) =>
  completeDocument((made as { openapiObject: OpenApiDocument }).openapiObject, {
    operations: INDEX_OPERATIONS,
    always: INDEX_ALWAYS,
  }) as object

import type { FastifyReply } from 'fastify'
import { tokenFile } from '../../base/paths.ts'
import type { Api, ApiContext } from '../context.ts'
import type { OpenApiDocument } from '../document/openapi.ts'
import { PAGE_CSP } from '../guard/headers.ts'
import { docsPage } from '../page/docs.ts'
import { DOCS_STYLE } from '../page/docs-style.ts'
import { PAGE_STYLE } from '../page/style.ts'

const HOME = { href: '/', text: 'Back to the app' }

/** The page that documents the API, and the OpenAPI document, which does not describe them. */
export function pageRoutes(app: Api, { port }: Pick<ApiContext, 'port'>): void {
  const hidden = { schema: { hide: true } }
  app.get('/page.css', hidden, (_request, reply) =>
    page(reply, 'text/css; charset=utf-8').send(PAGE_STYLE + DOCS_STYLE),
  )
  app.get('/docs', hidden, (request, reply) =>
    page(reply, 'text/html; charset=utf-8').send(
      docsPage(app.swagger() as unknown as OpenApiDocument, {
        origin: `http://${request.headers.host}`,
        tokenFile: tokenFile(port.status().dataDir),
        home: HOME,
      }),
    ),
  )
  app.get('/openapi.json', hidden, () => app.swagger())
}

function page(reply: FastifyReply, type: string): FastifyReply {
  return reply.type(type).header('content-security-policy', PAGE_CSP)
}

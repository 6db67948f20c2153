import type { FastifyReply } from 'fastify'
import type { Api } from '../context.ts'
import { PAGE_CSP } from '../headers.ts'
import { docsPage } from '../page/docs.ts'
import { PAGE_STYLE } from '../page/style.ts'

/** The page that documents the API, and the OpenAPI document, which does not describe them. */
export function pageRoutes(app: Api): void {
  const hidden = { schema: { hide: true } }
  app.get('/page.css', hidden, (_request, reply) => page(reply, 'text/css; charset=utf-8').send(PAGE_STYLE))
  app.get('/docs', hidden, (_request, reply) =>
    page(reply, 'text/html; charset=utf-8').send(docsPage(app.swagger() as Parameters<typeof docsPage>[0])),
  )
  app.get('/openapi.json', hidden, () => app.swagger())
}

function page(reply: FastifyReply, type: string): FastifyReply {
  return reply.type(type).header('content-security-policy', PAGE_CSP)
}

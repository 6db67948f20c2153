import type { FastifyReply } from 'fastify'
import type { Api } from '../context.ts'
import { PAGE_CSP } from '../headers.ts'
import { docsPage } from '../page/docs.ts'
import { HOME_PAGE, ICON } from '../page/home.ts'
import { PAGE_SCRIPT } from '../page/script.ts'
import { PAGE_STYLE } from '../page/style.ts'

const FILES: Record<string, { type: string; text: string }> = {
  '/': { type: 'text/html; charset=utf-8', text: HOME_PAGE },
  '/page.css': { type: 'text/css; charset=utf-8', text: PAGE_STYLE },
  '/page.js': { type: 'text/javascript; charset=utf-8', text: PAGE_SCRIPT },
  '/icon.svg': { type: 'image/svg+xml', text: ICON },
}

/** Pages for people, and the OpenAPI document, which does not describe them. */
export function pageRoutes(app: Api): void {
  const hidden = { schema: { hide: true } }
  for (const [path, { type, text }] of Object.entries(FILES))
    app.get(path, hidden, (_request, reply) => page(reply, type).send(text))
  app.get('/docs', hidden, (_request, reply) =>
    page(reply, 'text/html; charset=utf-8').send(docsPage(app.swagger() as Parameters<typeof docsPage>[0])),
  )
  app.get('/openapi.json', hidden, () => app.swagger())
}

function page(reply: FastifyReply, type: string): FastifyReply {
  return reply.type(type).header('content-security-policy', PAGE_CSP)
}

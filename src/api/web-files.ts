import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import type { Api } from './context.ts'
import { PAGE_CSP, WEB_CSP } from './guard/headers.ts'

/** Where the web app is after it was built: beside `src` in a checkout, beside `dist` in the package. */
export const WEB_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** Addresses of the app's pages; what is shown there the app decides. */
export const WEB_PAGES = [
  '/',
  '/transfers',
  '/library',
  '/copies',
  '/network',
  '/stats',
  '/wishes',
  '/settings',
  '/open',
]

/** Names in `assets` tell their content, so that they can be kept for good. */
const FOREVER = 'public, max-age=31536000, immutable'

/** Asked for anew each time, which costs 304 without a body. */
const FRESH = 'no-cache'

/**
 * The web app: its files as they were built and compressed, each address of a page being the same one. Without them, in a checkout that was not
 * set up, a page that says what to do.
 */
export function webRoutes(app: Api, folder = WEB_FOLDER): void {
  const hidden = { schema: { hide: true } }
  if (!existsSync(`${folder}/index.html`)) {
    for (const path of WEB_PAGES) app.get(path, hidden, (_request, reply) => notBuilt(reply))
    return
  }
  app.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header('content-security-policy', WEB_CSP)
      reply.header('cache-control', /[\\/]assets[\\/]/.test(path) ? FOREVER : FRESH)
    },
  })
  for (const path of WEB_PAGES) app.get(path, hidden, (_request, reply) => reply.sendFile('index.html'))
  for (const name of ['icon.svg', 'manifest.webmanifest'])
    app.get(`/${name}`, hidden, (_request, reply) => reply.sendFile(name))
  const params = Type.Object({ name: Type.String() })
  app.get('/assets/:name', { schema: { hide: true, params } }, ({ params: { name } }, reply) =>
    /^[\w-][\w.-]*$/.test(name) ? reply.sendFile(`assets/${name}`) : reply.callNotFound(),
  )
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', PAGE_CSP)
    .send(
      '<!doctype html><title>Shoal</title><p>The web app was not built in this checkout. Run <code>npm run setup</code>, then load this page again.',
    )
}

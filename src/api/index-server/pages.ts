import type { Api } from '../context.ts'
import type { OpenApiDocument } from '../document/openapi.ts'
import { PAGE_CSP } from '../guard/headers.ts'
import { docsPage } from '../page/docs.ts'
import { DOCS_STYLE } from '../page/docs-style.ts'
import { escapeHtml } from '../page/html.ts'
import { ICON } from '../page/icon.ts'
import { PAGE_STYLE } from '../page/style.ts'
import type { IndexRestContext } from './context.ts'
import { grpcAddress } from './read-routes.ts'

/** The page for people, what it needs, and the OpenAPI document, which describes none of them. */
export function pageRoutes(app: Api, { registry, info }: IndexRestContext): void {
  const hidden = { schema: { hide: true } }
  const files = {
    '/page.css': { type: 'text/css; charset=utf-8', text: PAGE_STYLE + DOCS_STYLE },
    '/icon.svg': { type: 'image/svg+xml', text: ICON },
  }
  for (const [path, { type, text }] of Object.entries(files)) {
    app.get(path, hidden, (_request, reply) =>
      reply.type(type).header('content-security-policy', PAGE_CSP).send(text),
    )
  }
  app.get('/', hidden, (request, reply) => {
    const { peers, entries } = registry.stats()
    const { title = 'Shoal index server', peerId, version } = info
    const page = homePage({ title, peerId, version, peers, entries, address: grpcAddress(info, request) })
    return reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_CSP).send(page)
  })
  app.get('/docs', hidden, (request, reply) => {
    const page = docsPage(app.swagger() as unknown as OpenApiDocument, {
      origin: `${request.protocol}://${request.host}`,
      home: { href: '/', text: info.title ?? 'Shoal index server' },
    })
    return reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_CSP).send(page)
  })
  app.get('/openapi.json', hidden, () => app.swagger())
}

interface HomeFacts {
  readonly title: string
  readonly peerId: string
  readonly version: string
  readonly peers: number
  readonly entries: number
  /** HOST:PORT for nodes. */
  readonly address: string
}

/** What this server is, what is on it and how to join. No script, nothing from elsewhere. */
export function homePage({ title, peerId, version, peers, entries, address }: HomeFacts): string {
  const heading = escapeHtml(title)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading}</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header><h1><img src="/icon.svg" alt="" width="28" height="28"> ${heading}</h1></header>
<main>
<section aria-labelledby="now"><h2 id="now">Now</h2>
<dl><dt>Peers online</dt><dd>${peers}</dd><dt>Files registered</dt><dd>${entries}</dd></dl></section>
<section aria-labelledby="join"><h2 id="join">How to join</h2>
<p>Start a node that uses this server:</p>
<pre>shoal start --index ${escapeHtml(address)}</pre></section>
<section aria-labelledby="server"><h2 id="server">Server</h2>
<dl><dt>PeerId</dt><dd class="id">${escapeHtml(peerId)}</dd><dt>Version</dt><dd>${escapeHtml(version)}</dd></dl></section>
</main>
<footer><a href="/docs">API</a> <a href="/openapi.json">OpenAPI</a> <a href="/api/v1/info">Info</a></footer>
</body>
</html>
`
}

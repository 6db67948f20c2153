import type { Api } from '../context.ts'

/** Pages of other sites can send forms and plain text anywhere; JSON they cannot without being asked first. */
export function takeJsonOnly(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    // Clients that always name the type send no body to routes that take none.
    if (body === '') done(null, undefined)
    else parse(request, body, done)
  })
}

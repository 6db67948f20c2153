import Type, { type TSchema } from 'typebox'
import { ShoalError } from '../base/errors.ts'
import { sha256 } from '../content/verify.ts'
import type { Api } from './context.ts'
import { isAny, isNoneMatch, tagsOf } from './gateway/etag.ts'
import { answers } from './operation.ts'

/** Strong: the same text, the same tag. 128 bits are enough to tell answers apart. */
export function tagOf(body: string): string {
  return `"${Buffer.from(sha256(Buffer.from(body)))
    .toString('base64url')
    .slice(0, 22)}"`
}

/** Of what a route with `config.tagged` answers with. */
export function tagOfJson(value: unknown): string {
  return tagOf(JSON.stringify(value))
}

/** Answers of routes with `config.tagged` get an ETag, and are 304 without a body for whoever has them already (RFC 9110, section 13.1.2). */
export function installEtags(app: Api): void {
  app.addHook('onSend', async ({ method, headers, routeOptions }, reply, body) => {
    const reads = method === 'GET' || method === 'HEAD'
    if (!reads || routeOptions.config.tagged !== true || reply.statusCode !== 200) return body
    if (typeof body !== 'string') return body
    const tag = tagOf(body)
    reply.header('etag', tag)
    if (!isNoneMatch(headers['if-none-match'], [tag])) return body
    reply.code(304).removeHeader('content-type').removeHeader('content-length')
    return null
  })
}

/**
 * For a request that is to change only what the client has seen (RFC 9110, section 13.1.1). Without `If-Match` any may.
 *
 * @param current what it would be answered with now
 * @throws PRECONDITION_FAILED
 */
export function checkMatch(ifMatch: string | undefined, current: unknown): void {
  if (ifMatch === undefined || isAny(ifMatch) || tagsOf(ifMatch).includes(tagOfJson(current))) return
  throw new ShoalError(
    'PRECONDITION_FAILED',
    'It has changed since you read it. Read it again, and send the new ETag in If-Match.',
  )
}

const ETAG = { ETag: Type.String({ description: 'Changes when the answer does; for If-None-Match' }) }

/** Headers that routes with `config.tagged` take. */
export const IF_NONE_MATCH = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ maxLength: 4096, description: 'ETags of answers that the client has: then 304' }),
  ),
})

export const IF_MATCH = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 4096,
      description:
        'ETag of the GET answer that is to be changed: 412 PRECONDITION_FAILED when it has changed',
    }),
  ),
})

/** The answers of a route with `config.tagged`. */
export function taggedAnswers(schema: TSchema, description: string) {
  const { 200: ok, ...others } = answers(schema, description)
  return {
    200: { ...ok, headers: ETAG },
    304: { description: 'As If-None-Match says', type: 'null', headers: ETAG },
    ...others,
  }
}

import Type from 'typebox'
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../../kv/key.ts'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import type { ValueView } from '../node-port.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS } from '../operation.ts'
import { FoundValue, PutDone } from '../schemas/kv.ts'

/** Longest key that the router takes, characters as they are escaped in the address: three a byte. */
export const KEY_PARAM_LENGTH = 3 * MAX_KEY_BYTES

const RAW = 'application/octet-stream'

const KeyParams = Type.Object({
  key: Type.String({
    minLength: 1,
    maxLength: MAX_KEY_BYTES,
    description: `The key, escaped; UTF-8 text of at most ${MAX_KEY_BYTES} bytes without control characters`,
    examples: ['motd'],
  }),
})

const ValueBody = Type.Unknown({
  // Bytes, not text: OpenAPI 3.1 gives them no type (https://spec.openapis.org/oas/v3.1.1.html#considerations-for-file-uploads).
  contentMediaType: RAW,
  description: `The value as it is, at most ${MAX_VALUE_BYTES} bytes, of whatever media type; none is an empty value`,
  examples: ['hello'],
})

/** Headers that tell of a value what JSON tells. */
const FACTS = {
  etag: { type: 'string', description: 'The version, in quotes' },
  'shoal-value-version': { type: 'string', description: 'The version' },
  'shoal-value-writer': { type: 'string', description: 'PeerId of who wrote it' },
  'shoal-value-expires': {
    type: 'string',
    description: 'When it is void unless renewed, ms since the Unix epoch',
  },
} as const

/** Values under keys. Needs a scope of its own: it takes bodies of every type as bytes. */
export function kvRoutes(app: Api, { port: { kv } }: ApiContext): void {
  app.removeAllContentTypeParsers()
  // The token and PUT keep out pages of other sites, whatever the type: neither goes without a preflight.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_VALUE_BYTES }, (_request, body, done) =>
    done(null, body),
  )

  app.put(
    '/api/v1/kv/:key',
    {
      bodyLimit: MAX_VALUE_BYTES,
      schema: {
        ...about(
          'values',
          'Store a value under a key',
          'At the nodes closest to the key, for 24 h and as long as this node runs to renew it. Whoever writes last wins.',
        ),
        ...NEEDS_TOKEN,
        consumes: [RAW],
        params: KeyParams,
        body: ValueBody,
        response: answers(PutDone, 'Stored'),
      },
    },
    async ({ params: { key }, body }, reply) => {
      using client = clientSignal(reply.raw)
      const value = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
      const done = await kv.put(key, value, { signal: client.signal })
      return reply.header('etag', etagOf(done.version)).send(done)
    },
  )

  app.get(
    '/api/v1/kv/:key',
    {
      schema: {
        ...about(
          'values',
          'The newest value under a key',
          'As it is, or as JSON when `Accept` asks for application/json. 404 NOT_FOUND when there is none.',
        ),
        params: KeyParams,
        response: {
          200: {
            description: 'The value',
            headers: FACTS,
            content: {
              [RAW]: { schema: Type.Unknown({ contentMediaType: RAW }) },
              'application/json': { schema: FoundValue },
            },
          },
          304: { description: 'It has the version that `If-None-Match` names', type: 'null' },
          ...PROBLEMS,
        },
      },
    },
    async ({ params: { key }, headers }, reply) => {
      using client = clientSignal(reply.raw)
      const found = await kv.get(key, { signal: client.signal })
      const etag = etagOf(found.version)
      reply.headers({
        etag,
        'shoal-value-version': String(found.version),
        'shoal-value-writer': found.writer,
        'shoal-value-expires': String(found.expiresMs),
      })
      if (headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) return reply.code(304).send()
      if (wantsJson(headers.accept)) return reply.send(valueJson(found))
      return reply.type(RAW).send(Buffer.from(found.value))
    },
  )
}

const etagOf = (version: number) => `"${version}"`

/** Whether `Accept` names JSON; `*` and nothing take the bytes. */
function wantsJson(accept = ''): boolean {
  return accept.split(',').some((range) => /^\s*application\/json\s*(;|$)/i.test(range))
}

function valueJson({ key, value, version, writer, expiresMs }: ValueView) {
  const text = asText(value)
  return {
    ...{ key, version, writer, expiresMs, size: value.length },
    base64: Buffer.from(value).toString('base64'),
    ...(text !== undefined && { text }),
  }
}

function asText(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}

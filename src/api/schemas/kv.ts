import Type from 'typebox'
import { count, number, object, PEER, text } from './forms.ts'

/** Schemas of what the API answers about the key-value store. */

export const PutDone = object(
  {
    key: text('The key', 'motd'),
    version: number('Version of the value; the greater one of a key counts'),
    writer: text('PeerId of this node, which wrote it', PEER),
    expiresMs: number('When it is void unless this node renews it, ms since the Unix epoch'),
    replicas: count('Nodes that keep it now, this one too when it is one of the closest or alone'),
  },
  { title: 'StoredValue' },
)

export const FoundValue = object(
  {
    key: text('The key', 'motd'),
    version: number('Version of the value'),
    writer: text('PeerId of who wrote it', PEER),
    expiresMs: number('When it is void unless its writer renews it, ms since the Unix epoch'),
    size: count('Bytes of the value'),
    base64: text('The value in base64 (RFC 4648, section 4)', 'aGVsbG8='),
    text: Type.Optional(text('The value as text; missing when it is no UTF-8', 'hello')),
  },
  { title: 'FoundValue' },
)

import { OTHER_PEER, UUID } from '../examples/things.ts'
import { CID, SHA256 } from '../schemas/forms.ts'
import type { Parameter } from './openapi.ts'

const ETAG = '"pXbS0XkY3nBw1gYk5n9zTA"'

/** By name: what is called alike is alike. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  id: UUID,
  peerId: OTHER_PEER,
  cid: CID,
  sha256: SHA256,
  cursor: UUID,
  limit: 50,
  timeoutMs: 5000,
  folders: true,
  neighbour: true,
  download: true,
  path: 'Documents/manual.pdf',
  prefix: 'man',
  'last-event-id': 'mh3x2k1s-7',
  'if-match': ETAG,
  'if-none-match': ETAG,
  'dag-scope': 'entity',
  'car-version': '1',
  'car-order': 'dfs',
  'car-dups': 'n',
}

/** The parameter with an example, where it has none of its own. */
export function withExample(parameter: Parameter): Parameter {
  const { name, example, examples } = parameter
  if (example !== undefined || examples || !Object.hasOwn(EXAMPLES, name)) return parameter
  return { ...parameter, example: EXAMPLES[name] }
}

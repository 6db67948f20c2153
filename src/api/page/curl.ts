import {
  type MediaType,
  type Operation,
  type Parameter,
  type Schema,
  STREAM_TYPES,
} from '../document/openapi.ts'

/** What is asked for, as the page shows it. */
export interface CurlRequest {
  /** Such as `http://127.0.0.1:8081`. */
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** A command that does the operation with the values of the examples, for a shell in which `TOKEN` is set where it is needed. */
export function curlLine({ origin, method, path, operation }: CurlRequest): string {
  const { parameters = [], requestBody, responses, security } = operation
  const types = Object.values(responses).flatMap(({ content = {} }) => Object.keys(content))
  const [[type, media] = []] = Object.entries(requestBody?.content ?? {})
  return [
    'curl',
    // Lines as they come.
    ...(types.some((each) => STREAM_TYPES.includes(each)) ? ['-N'] : []),
    ...(method === 'GET' ? [] : ['-X', method]),
    ...(security?.length ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(type === undefined ? [] : ['-H', shellQuoted(`Content-Type: ${type}`)]),
    ...(type === undefined ? [] : ['--data-binary', shellQuoted(bodyText(type, media!))]),
    shellQuoted(origin + addressOf(path, parameters)),
  ].join(' ')
}

/** With what has to be there, and the words of a search. */
function addressOf(path: string, parameters: readonly Parameter[]): string {
  const query = new URLSearchParams()
  let address = path
  for (const { name, in: place, required, ...media } of parameters) {
    const value = String(exampleOf(media) ?? '')
    if (place === 'path')
      address = address.replace(`{${name}}`, value.split('/').map(encodeURIComponent).join('/'))
    else if (place === 'query' && (required || name === 'q')) query.set(name, value)
  }
  return query.size > 0 ? `${address}?${query}` : address
}

function bodyText(type: string, media: MediaType): string {
  const example = exampleOf(media)
  return type === 'application/json' ? JSON.stringify(example ?? {}) : String(example ?? '')
}

/** The first example of a parameter or body, wherever it stands. */
export function exampleOf({ example, examples, schema }: MediaType): unknown {
  const own = (schema as (Schema & { examples?: unknown[] }) | undefined)?.examples
  return example ?? Object.values(examples ?? {})[0]?.value ?? own?.[0]
}

/** A word of a POSIX shell that means exactly this text. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

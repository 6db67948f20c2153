import type { FastifySchemaValidationError } from 'fastify/types/schema.js'

const WHERE: Record<string, string> = {
  body: 'the JSON body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
}

/** Characters of a refused name that are shown. */
const SHOWN_LENGTH = 60

/**
 * One sentence from the errors of a JSON Schema check (Ajv's and typebox's form): which field is wrong, and
 * what it has to be.
 *
 * @param context which part of the request was checked: body, querystring, params or headers
 */
export function describeInvalid(errors: readonly FastifySchemaValidationError[], context?: string): string {
  const error = pick(errors)
  const part = WHERE[context ?? ''] ?? 'the request'
  if (!error) return `${capital(part)} is not valid.`
  const field = fieldOf(error)
  const { params } = error
  switch (error.keyword) {
    case 'required':
      return `${listOf(params.requiredProperties ?? params.missingProperty)} is missing from ${part}.`
    case 'additionalProperties':
      return `${listOf(params.additionalProperties ?? params.additionalProperty)} is not known in ${part}; leave it out.`
    case 'minimum':
      return `${field || part}: must be at least ${params.limit}.`
    case 'maximum':
      return `${field || part}: must be at most ${params.limit}.`
    case 'minLength':
      return params.limit === 1
        ? `${field || part}: must not be empty.`
        : `${field || part}: must have at least ${params.limit} characters.`
    case 'maxLength':
      return `${field || part}: must have at most ${params.limit} characters.`
    case 'enum':
      return `${field || part}: must be one of ${listOf(params.allowedValues)}.`
    case 'const':
      return `${field || part}: must be ${String(params.allowedValue)}.`
    case 'pattern':
      return `${field || part}: does not have the right form.`
    case 'type':
      return `${field || part}: must be ${typeName(params.type)}.`
    default:
      return `${field || part}: ${error.message ?? 'is not valid'}.`
  }
}

/**
 * The most telling one: of several about one field the first, but not the bare "schema is false" of an extra
 * field.
 */
function pick(errors: readonly FastifySchemaValidationError[]): FastifySchemaValidationError | undefined {
  return errors.find(({ keyword }) => keyword !== 'boolean' && keyword !== 'anyOf') ?? errors[0]
}

/** JSON Pointer to `a.b.c`. */
function fieldOf({ instancePath }: FastifySchemaValidationError): string {
  const parts = instancePath.split('/').slice(1)
  return parts.map((part) => short(part.replaceAll('~1', '/').replaceAll('~0', '~'))).join('.')
}

function listOf(value: unknown): string {
  return [value]
    .flat()
    .slice(0, 20)
    .map((name) => short(String(name)))
    .join(', ')
}

function typeName(type: unknown): string {
  const names: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    object: 'a JSON object',
    array: 'a JSON array',
  }
  return [type]
    .flat()
    .map((name) => names[String(name)] ?? String(name))
    .join(' or ')
}

const short = (text: string) => (text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text)
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

const WHOLE = /^-?\d{1,15}$/
const DECIMAL = /^-?\d{1,15}(\.\d{1,15})?$/

/**
 * What a query string or a path says, in the types of its schema: `10` a number, `true` a boolean. Text that
 * does not spell the type exactly stays text, so that the check refuses it instead of guessing (`1.5`,
 * `0x10`, an empty limit).
 */
export function fromText(
  properties: Readonly<Record<string, object>>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(values)) {
    const schema: { type?: unknown } = Object.hasOwn(properties, name) ? properties[name]! : {}
    out[name] = typeof value === 'string' ? typed(schema.type, value) : value
  }
  return out
}

function typed(type: unknown, text: string): unknown {
  if (type === 'integer') return WHOLE.test(text) ? Number(text) : text
  if (type === 'number') return DECIMAL.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/**
 * Fastify's validator for typebox schemas: bodies as they are, everything that comes as text through {@link
 * fromText}.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema)
  const properties = (schema as { properties?: Record<string, object> }).properties ?? {}
  return (input: Record<string, unknown>) => {
    const value = httpPart === 'body' ? input : fromText(properties, input)
    return check.Check(value) ? { value } : { error: check.Errors(value) as unknown as Error }
  }
}

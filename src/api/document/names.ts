import type { OpenApiDocument, Operation, Schema } from './openapi.ts'

const BELOW = '#/components/schemas/'

/** The document with the schemas of answers that have a `title` named once, so that a generator makes one type of each. */
export function withNamedSchemas(document: OpenApiDocument): OpenApiDocument {
  const schemas: Record<string, unknown> = { ...document.components?.schemas }
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path,
    mapValues(
      item,
      (operation): Operation => ({
        ...operation,
        responses: mapValues(operation.responses, (answer) => ({
          ...answer,
          ...(answer.content && {
            content: mapValues(answer.content, (media) => ({
              ...media,
              ...(media.schema && { schema: named(media.schema, schemas) as Schema }),
            })),
          }),
        })),
      }),
    ),
  ])
  return { ...document, paths: Object.fromEntries(paths), components: { ...document.components, schemas } }
}

/** `schema` with references in place of those inside that have a title, which are put into `into`. */
function named(schema: unknown, into: Record<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((each) => named(each, into))
  if (typeof schema !== 'object' || schema === null) return schema
  const { title, examples, ...rest } = schema as Record<string, unknown>
  const inner = {
    ...mapValues({ ...(title !== undefined && { title }), ...rest }, (each) => named(each, into)),
    ...(examples !== undefined && { examples }),
  }
  // A property may be called title too; then it is a schema.
  if (typeof title !== 'string') return inner
  const known = into[title]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(inner))
    throw new Error(`two schemas are called ${title}`)
  into[title] = inner
  return { $ref: BELOW + title }
}

/** `schema` with what its references lead to in their place. They lead to no place twice on one way. */
export function resolved(document: OpenApiDocument, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((each) => resolved(document, each))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref } = schema as { $ref?: unknown }
  if (typeof $ref === 'string')
    return resolved(document, document.components?.schemas?.[$ref.slice(BELOW.length)])
  return mapValues(schema as Record<string, unknown>, (each) => resolved(document, each))
}

const mapValues = <T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))

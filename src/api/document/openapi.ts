/** The parts of an OpenAPI document that are worked on here. */
export interface OpenApiDocument {
  openapi: string
  info: { title: string; version: string; description?: string }
  tags?: { name: string; description?: string }[]
  paths?: Record<string, PathItem>
  components?: { schemas?: Record<string, unknown>; securitySchemes?: Record<string, unknown> }
}

export type PathItem = Record<string, Operation>

export interface Operation {
  operationId?: string
  tags?: string[]
  summary?: string
  description?: string
  security?: Record<string, unknown>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, MediaType> }
  responses: Record<string, Answer>
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Answer {
  description?: string
  headers?: Record<string, unknown>
  content?: Record<string, MediaType>
}

export interface MediaType {
  schema?: Schema
  example?: unknown
  examples?: Record<string, { summary?: string; value: unknown }>
}

export interface Schema {
  type?: string | string[]
  description?: string
  [keyword: string]: unknown
}

/** Types of answers that come line by line, as it happens. */
export const STREAM_TYPES: readonly string[] = ['application/x-ndjson', 'text/event-stream']

/** Every operation with its method (upper case) and path. */
export function operationsOf(
  document: OpenApiDocument,
): { key: string; method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([name, operation]) => {
      const method = name.toUpperCase()
      return { key: `${method} ${path}`, method, path, operation }
    }),
  )
}

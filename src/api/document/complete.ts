import type { ErrorCode } from '../../base/errors.ts'
import { ProblemSchema } from '../problem.ts'
import { type OperationFacts, type OperationParts, type OperationTable, usualCodes } from './facts.ts'
import { withNamedSchemas } from './names.ts'
import {
  type Answer,
  type MediaType,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  STREAM_TYPES,
} from './openapi.ts'
import { withExample as parameterWithExample } from './parameters.ts'
import { problemAnswers } from './problems.ts'

export interface CompleteOptions {
  readonly operations: OperationTable
  /** What every operation of this server may fail with. */
  readonly always: readonly ErrorCode[]
}

const ANY_TYPE = 'application/octet-stream'

/** The document with what stands in the table: names, failures by status, whole examples. The schema of problems is named once. */
export function completeDocument(
  document: OpenApiDocument,
  { operations, always }: CompleteOptions,
): OpenApiDocument {
  const paths: NonNullable<OpenApiDocument['paths']> = {}
  for (const { key, method, path, operation } of operationsOf(document)) {
    const facts = operations[key]
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: facts ? completed(operation, { facts, always, method }) : operation,
    }
  }
  const { components } = document
  const schemas = { ...components?.schemas, Problem: ProblemSchema }
  return withNamedSchemas({ ...document, paths, components: { ...components, schemas } })
}

interface Work {
  readonly facts: OperationFacts
  readonly always: readonly ErrorCode[]
  readonly method: string
}

function completed(operation: Operation, { facts, always, method }: Work): Operation {
  const { id, codes = [], again, example } = facts
  const { default: _, ...own } = operation.responses
  const answers = Object.entries(own).map(([status, answer]) => [
    status,
    example === undefined || !status.startsWith('2') ? answer : withExample(answer, example),
  ])
  return {
    operationId: id,
    ...operation,
    ...(again && { description: [operation.description, `Again: ${again}`].filter(Boolean).join(' ') }),
    ...(operation.parameters && { parameters: operation.parameters.map(parameterWithExample) }),
    responses: {
      ...Object.fromEntries(answers),
      ...problemAnswers([...usualCodes(partsOf(operation, method), always), ...codes]),
    },
  }
}

function partsOf(
  { parameters = [], requestBody, responses, security }: Operation,
  method: string,
): OperationParts {
  const types = Object.values(responses).flatMap(({ content = {} }) => Object.keys(content))
  return {
    changes: method !== 'GET',
    needsToken: (security?.length ?? 0) > 0,
    hasPathParameters: parameters.some((each) => each.in === 'path'),
    takesAnyType: requestBody?.content[ANY_TYPE] !== undefined,
    takesIfMatch: parameters.some(({ name }) => name === 'if-match'),
    streams: types.some((type) => STREAM_TYPES.includes(type)),
  }
}

/** Lines of a stream have names, as there are several kinds. */
function withExample(answer: Answer, example: unknown): Answer {
  const content = Object.entries(answer.content ?? {}).map(([type, media]): [string, MediaType] => {
    if (type === 'application/json' || typeof example === 'string') return [type, { ...media, example }]
    if (!STREAM_TYPES.includes(type)) return [type, media]
    const lines = Object.entries(example as Record<string, unknown>)
    return [type, { ...media, examples: Object.fromEntries(lines.map(([name, value]) => [name, { value }])) }]
  })
  return { ...answer, ...(answer.content && { content: Object.fromEntries(content) }) }
}

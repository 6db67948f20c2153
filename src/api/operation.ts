import type { TSchema } from 'typebox'
import { ProblemSchema } from './problem.ts'

/** Names by which the document groups the routes. */
export const TAGS = {
  node: 'The node itself',
  library: 'What it shares',
  search: 'Finding files',
  downloads: 'Fetching files',
  wishes: 'Words that are searched for now and then',
  replicas: 'Copies that peers keep for each other',
  values: 'Values under keys',
  content: 'Content by CID, for IPFS clients and browsers',
  network: 'Other peers',
  config: 'Settings',
  service: 'For programs and people that look after the node',
} as const

/** What the document says about a route, beside its schemas. */
export function about(tag: keyof typeof TAGS, summary: string, description = '') {
  return { tags: [tag], summary, ...(description && { description }) }
}

/** For routes that need the bearer token. */
export const NEEDS_TOKEN = { security: [{ bearer: [] }] }

/** The problem answer that every route may give. */
export const PROBLEMS = {
  default: {
    description: 'What went wrong (RFC 9457)',
    content: { 'application/problem+json': { schema: ProblemSchema } },
  },
}

/** The answers of a route that gives JSON. */
export function answers(schema: TSchema, description: string) {
  return { 200: { description, content: { 'application/json': { schema } } }, ...PROBLEMS }
}

/** The answers of a route that streams objects, as NDJSON and, if `sse`, as server-sent events too. */
export function streams(schema: TSchema, { description, sse }: { description: string; sse: boolean }) {
  const content = {
    'application/x-ndjson': { schema },
    ...(sse && { 'text/event-stream': { schema } }),
  }
  return { 200: { description, content }, ...PROBLEMS }
}

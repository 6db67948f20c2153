/** Names by which the document groups the routes. */
export const INDEX_TAGS = {
  search: 'Finding files',
  peers: 'Who is online',
  sessions: 'Being online without a node',
  publish: 'Sharing without a node',
  service: 'The server itself',
} as const

/** What the document says about a route, beside its schemas. */
export function about(tag: keyof typeof INDEX_TAGS, summary: string, description = '') {
  return { tags: [tag], summary, ...(description && { description }) }
}

/** For routes that need the token of a session. */
export const NEEDS_TOKEN = { security: [{ bearer: [] }] }

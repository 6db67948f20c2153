import Type from 'typebox'
import { MAX_PAGE } from './paging.ts'

/** Parameters of lists that may be asked for in pages. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_PAGE,
      description: 'Most of them; all when left out',
      examples: [100],
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 1024, description: '`cursor` of the page before' })),
}

import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS } from '../operation.ts'
import { SEARCH_BOUNDS } from '../requests/search-request.ts'
import { wishChanges, wishOf, wishWords } from '../requests/wish-request.ts'
import { Wish, WishList } from '../schemas/wishes.ts'
import { wishJson } from '../views/wish-json.ts'
import { WISH_BOUNDS } from '../views/wish-view.ts'

const AddBody = Type.Object(
  {
    words: Type.String({
      minLength: 1,
      maxLength: SEARCH_BOUNDS.maxWordsBytes,
      description: 'Words that all occur in the name; end the last one with * for its beginning',
    }),
    fetch: Type.Optional(
      Type.Boolean({ description: 'Fetch what is new; false, or as it is, when left out' }),
    ),
  },
  { additionalProperties: false, examples: [{ words: 'holiday photos', fetch: true }] },
)

const ChangeBody = Type.Object(
  {
    fetch: Type.Optional(Type.Boolean({ description: 'Fetch what is new from now on' })),
    seen: Type.Optional(Type.Literal(true, { description: 'Nothing of what was found is new any more' })),
  },
  { additionalProperties: false, examples: [{ seen: true }] },
)

const IdParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the wish' }),
})

/** What a user waits for is nobody else's business. */
const secret = { config: { secret: true } }

/** Words that are searched for now and then. */
export function wishRoutes(app: Api, { port: { wishes } }: ApiContext): void {
  const json = { 'application/json': { schema: Wish } }

  app.post(
    '/api/v1/wishes',
    {
      schema: {
        ...about(
          'wishes',
          'Wish for words',
          `The node searches for them now and then, and tells what was not there at the first search. The wish that looks for the same is found (then 200); whether it fetches is then changed, if it is told. At most ${WISH_BOUNDS.maxWishes}: 409 CONFLICT.`,
        ),
        ...NEEDS_TOKEN,
        body: AddBody,
        response: {
          201: { description: 'Added', content: json },
          200: { description: 'It was there already', content: json },
          ...PROBLEMS,
        },
      },
    },
    ({ body: { words, fetch } }, reply) => {
      const { view, created } = wishes.add(wishWords(words), { fetch })
      return reply.code(created ? 201 : 200).send(wishJson(view))
    },
  )

  app.get(
    '/api/v1/wishes',
    {
      ...secret,
      schema: {
        ...about(
          'wishes',
          'List the wishes',
          `All of them: at most ${WISH_BOUNDS.maxWishes}, each with the newest ${WISH_BOUNDS.hitsShown} of what it found.`,
        ),
        ...NEEDS_TOKEN,
        response: answers(WishList, 'All wishes, as they were added'),
      },
    },
    () => ({ wishes: wishes.list().map(wishJson) }),
  )

  app.get(
    '/api/v1/wishes/:id',
    {
      ...secret,
      schema: {
        ...about('wishes', 'One wish'),
        ...NEEDS_TOKEN,
        params: IdParams,
        response: answers(Wish, 'The wish'),
      },
    },
    ({ params: { id } }) => wishJson(wishOf(wishes.get(id))),
  )

  app.patch(
    '/api/v1/wishes/:id',
    {
      schema: {
        ...about('wishes', 'Change a wish', 'Whether it fetches what is new, and that its hits were seen.'),
        ...NEEDS_TOKEN,
        params: IdParams,
        body: ChangeBody,
        response: answers(Wish, 'The wish'),
      },
    },
    ({ params: { id }, body }) => wishJson(wishes.change(id, wishChanges(body))),
  )

  app.post(
    '/api/v1/wishes/:id/search',
    {
      schema: {
        ...about(
          'wishes',
          'Search for a wish now',
          'Answers when the search is over. 429 RATE_LIMITED when a wish was searched a moment ago; details.retryAfterMs tells when it may be. 503 UNAVAILABLE when nobody could be asked.',
        ),
        ...NEEDS_TOKEN,
        params: IdParams,
        response: answers(Wish, 'The wish'),
      },
    },
    async ({ params: { id } }, reply) => {
      using client = clientSignal(reply.raw)
      return wishJson(await wishes.search(id, client.signal))
    },
  )

  app.delete(
    '/api/v1/wishes/:id',
    {
      schema: {
        ...about('wishes', 'Forget a wish', 'And what it found. Downloads that it started stay.'),
        ...NEEDS_TOKEN,
        params: IdParams,
        response: { 204: { description: 'Forgotten', type: 'null' }, ...PROBLEMS },
      },
    },
    ({ params: { id } }, reply) => {
      wishes.remove(id)
      return reply.code(204).send()
    },
  )
}

import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { checkMatch, IF_MATCH, IF_NONE_MATCH, taggedAnswers, tagOfJson } from '../etags.ts'
import { about, answers, NEEDS_TOKEN } from '../operation.ts'
import { Config, ConfigChanged } from '../schemas/node.ts'

const Changes = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Only the settings to change',
  examples: [{ name: 'ada' }],
})

/** Settings. */
export function configRoutes(app: Api, { port: { config } }: ApiContext): void {
  app.get(
    '/api/v1/config',
    {
      config: { secret: true, tagged: true },
      schema: {
        ...about('config', 'The settings in force', 'With their schema and where each comes from.'),
        ...NEEDS_TOKEN,
        headers: IF_NONE_MATCH,
        response: taggedAnswers(Config, 'The settings'),
      },
    },
    () => config.get(),
  )

  app.patch(
    '/api/v1/config',
    {
      schema: {
        ...about(
          'config',
          'Change settings',
          'All or none; those that need a restart are named. The ETag of the answer is that of the settings as they are now.',
        ),
        ...NEEDS_TOKEN,
        body: Changes,
        headers: IF_MATCH,
        response: answers(ConfigChanged, 'The settings now'),
      },
    },
    async ({ body, headers }, reply) => {
      checkMatch(headers['if-match'], config.get())
      const changed = await config.patch(body)
      reply.header('etag', tagOfJson(config.get()))
      return changed
    },
  )
}

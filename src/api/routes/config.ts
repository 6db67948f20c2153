import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { about, answers, NEEDS_TOKEN } from '../operation.ts'
import { Config, ConfigChanged } from '../schemas.ts'

const Changes = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Only the settings to change',
  examples: [{ name: 'ada' }],
})

/** Settings. */
export function configRoutes(app: Api, { port: { config } }: ApiContext): void {
  app.get(
    '/api/v1/config',
    {
      config: { secret: true },
      schema: {
        ...about('config', 'The settings in force', 'With their schema and where each comes from.'),
        ...NEEDS_TOKEN,
        response: answers(Config, 'The settings'),
      },
    },
    () => config.get(),
  )

  app.patch(
    '/api/v1/config',
    {
      schema: {
        ...about('config', 'Change settings', 'All or none; those that need a restart are named.'),
        ...NEEDS_TOKEN,
        body: Changes,
        response: answers(ConfigChanged, 'The settings now'),
      },
    },
    ({ body }) => config.patch(body),
  )
}

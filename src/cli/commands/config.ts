import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { formatRate } from '../../base/units.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { ConfigJson, SettingSchema } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { parseSetting } from './setting.ts'

export function addConfig(program: Command, act: Act): void {
  const config = program
    .command('config')
    .description('show and change the settings of the node')
    .addHelpText(
      'after',
      examples(
        ['shoal config', 'all settings, and where each comes from'],
        ['shoal config get name', 'one setting'],
        ['shoal config set name library-pc', 'change one; says when a restart is needed'],
        ['shoal config set index a.example:9080,b.example:9080', 'a list'],
        ['shoal config set uploadLimit 5MiB/s', 'a rate; none takes the limit away'],
        ['shoal config set logLevels transfer=debug', 'more of one module in the log; null for the default'],
      ),
    )
  withClientOptions(
    config.command('list', { isDefault: true }).description('list all settings (the default)'),
  ).action(act(list))
  withClientOptions(
    config.command('get').description('print one setting').argument('<key>', 'name of the setting'),
  ).action(act(get))
  withClientOptions(
    config
      .command('set')
      .description('change one setting')
      .argument('<key>', 'name of the setting')
      .argument('<value>', 'new value; lists separated by commas; null for the default'),
  ).action(act(set))
}

const list: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const { config, sources, schema } = await readConfig(await session.client())
  const rows = Object.entries(config).map(([key, value]) => ({ key, value, source: sources[key] }))
  for (const row of rows) print.row({ event: 'setting', ...row })
  print.table(
    [
      { title: 'SETTING', value: ({ key }) => key },
      { title: 'VALUE', value: ({ key, value }) => forPeople(value, schema.properties?.[key]), shrinkTo: 20 },
      { title: 'FROM', value: ({ source }) => source ?? '' },
    ],
    rows,
  )
  return undefined
}

const get: Handler<ClientOptions, [string]> = async (session, _options, key) => {
  const { config, sources, schema } = await readConfig(await session.client())
  known(config, key)
  session.print.row({ event: 'setting', key, value: config[key], source: sources[key] })
  session.print.line(forPeople(config[key], schema.properties?.[key]))
  return undefined
}

const set: Handler<ClientOptions, [string, string]> = async (session, _options, key, text) => {
  const { print } = session
  const client = await session.client()
  const before = await readConfig(client)
  known(before.config, key)
  const setting = before.schema.properties?.[key]
  const value = parseSetting(setting, text)
  const { config, restartNeeded } = await client.json<{
    config: Record<string, unknown>
    restartNeeded: string[]
  }>('PATCH', '/config', { body: { [key]: value } })
  const restart = restartNeeded.includes(key)
  // A setting that waits for a restart is told as it will be, not as it still is.
  print.row({ event: 'setting', key, value: restart ? value : config[key], restartNeeded: restart })
  print.line(`${key} = ${forPeople(restart ? value : config[key], setting)}`)
  if (restart && !print.json) print.note('Restart the node for this to take effect.', 'yellow')
  return undefined
}

const readConfig = (client: NodeClient) => client.json<ConfigJson>('GET', '/config')

/** @throws ShoalError NOT_FOUND */
function known(config: Record<string, unknown>, key: string): void {
  if (Object.hasOwn(config, key)) return
  throw new ShoalError('NOT_FOUND', `There is no setting "${key}". See all with: shoal config list`)
}

function forPeople(value: unknown, setting: SettingSchema | undefined): string {
  if (setting?.unit === 'bytesPerSecond' && typeof value === 'number')
    return value === 0 ? 'none' : formatRate(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

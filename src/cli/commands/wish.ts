import { Argument, type Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import type { Method, NodeClient } from '../client/node-client.ts'
import type { WishJson } from '../client/wish-rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { pickWish } from './pick-wish.ts'
import { hitColumns, wishColumns } from './wish-columns.ts'

interface AddOptions extends ClientOptions {
  fetch?: boolean
}

const WISH = 'words of the wish, its id or the beginning of that'

export function addWish(program: Command, act: Act): void {
  const wish = program
    .command('wish')
    .description('words that the node searches for now and then; it tells what is new')
    .addHelpText(
      'after',
      examples(
        ['shoal wish add holiday photos', 'search for both words every ten minutes'],
        ['shoal wish add old maps --fetch', 'and fetch what is new'],
        ['shoal wish ls', 'all wishes'],
        ['shoal wish ls old maps', 'what one of them found'],
        ['shoal wish rm old maps', 'no longer'],
      ),
    )
    .addHelpText(
      'after',
      '\nWhat is there at the first search is listed and no news. Limits: the settings wishIntervalMs, wishMaxFetches and wishMaxBytes.',
    )
  const command = (name: string, description: string) =>
    withClientOptions(wish.command(name).description(description))
  command('add', 'search for these words from now on')
    .argument('<words...>', 'words that all occur in the name; end the last one with * for its beginning')
    .option('--fetch', 'fetch what is new, with low priority')
    .action(act(add))
  command('ls', 'list the wishes, or what one of them found').argument('[wish...]', WISH).action(act(ls))
  command('seen', 'what it found is not new any more').argument('<wish...>', WISH).action(act(seen))
  command('search', 'search for it now').argument('<wish...>', WISH).action(act(search))
  command('fetch', 'fetch what is new from now on, or not')
    .addArgument(new Argument('<switch>', 'whether').choices(['on', 'off']))
    .argument('<wish...>', WISH)
    .action(act(fetch))
  command('rm', 'forget it and what it found; downloads stay').argument('<wish...>', WISH).action(act(rm))
}

const add: Handler<AddOptions, [string[]]> = async (session, options, words) => {
  const text = words.join(' ').trim()
  if (wordsOf(text).length === 0)
    throw new ShoalError('INVALID_ARGUMENT', `There is no letter or digit in "${text}" to look for.`)
  const client = await session.client()
  const body = { words: text, ...(options.fetch && { fetch: true }) }
  const wish = await client.json<WishJson>('POST', '/wishes', { body })
  tell(session, wish, wish.fetch ? 'what is new is told and fetched' : 'what is new is told')
  return undefined
}

const ls: Handler<ClientOptions, [string[]]> = async (session, _options, named) => {
  const { print, io } = session
  const nowMs = io.clock.now()
  const wishes = await readWishes(await session.client())
  if (named.length > 0) {
    const wish = pickWish(wishes, named.join(' '))
    print.row({ event: 'wish', ...wish })
    if (wish.hits.length > 0) print.table(hitColumns(nowMs), wish.hits)
    else if (!print.json) print.note(`${wish.words}: nothing was found yet.`, 'dim')
    return undefined
  }
  for (const wish of wishes) print.row({ event: 'wish', ...wish })
  if (wishes.length > 0) print.table(wishColumns(nowMs), wishes)
  else if (!print.json) print.note('There are no wishes.', 'dim')
  return undefined
}

const seen: Handler<ClientOptions, [string[]]> = async (session, _options, named) => {
  const wish = await call(session, named, { method: 'PATCH', body: { seen: true } })
  tell(session, wish, 'seen')
  return undefined
}

const search: Handler<ClientOptions, [string[]]> = async (session, _options, named) => {
  session.print.live(() => 'searching …')
  const wish = await call(session, named, { method: 'POST', action: '/search' })
  tell(session, wish, `${wish.newHits} new`)
  return undefined
}

const fetch: Handler<ClientOptions, [string, string[]]> = async (session, _options, wanted, named) => {
  const wish = await call(session, named, { method: 'PATCH', body: { fetch: wanted === 'on' } })
  tell(session, wish, wish.fetch ? 'what is new is fetched' : 'nothing is fetched')
  return undefined
}

const rm: Handler<ClientOptions, [string[]]> = async (session, _options, named) => {
  const client = await session.client()
  const { id, words } = pickWish(await readWishes(client), named.join(' '))
  await client.json('DELETE', `/wishes/${encodeURIComponent(id)}`)
  session.print.row({ event: 'removed', id, words })
  session.print.line(`${words}: removed`)
  return undefined
}

function tell({ print }: Session, wish: WishJson, what: string): void {
  print.row({ event: 'wish', ...wish })
  print.line(`${wish.words}: ${what}`)
}

async function call(
  session: Session,
  named: readonly string[],
  { method, action = '', body }: { method: Method; action?: string; body?: object },
): Promise<WishJson> {
  const client = await session.client()
  const { id } = pickWish(await readWishes(client), named.join(' '))
  return client.json<WishJson>(method, `/wishes/${encodeURIComponent(id)}${action}`, body && { body })
}

async function readWishes(client: NodeClient): Promise<WishJson[]> {
  return (await client.json<{ wishes: WishJson[] }>('GET', '/wishes')).wishes
}

import { useEffect, useState } from 'react'
import { address, ask } from '../../api/client.ts'
import { useAction, useAsk, useSignedIn } from '../../state/use.ts'
import { type LogState, withNewest, withOlder } from './log-rows.ts'

/** Rows asked for at once. */
const PAGE = 25

/**
 * A log that is read from its newest end, in pages. It is the owner's business: nothing is asked without the token.
 *
 * @param name of the list in the answer
 */
export function useLog<Row extends { id: string }>(path: string, name: string, on: readonly string[]) {
  type Answer = Record<string, Row[]> & { cursor?: string }
  const signedIn = useSignedIn()
  const { data, error } = useAsk<Answer>(address(path, { limit: PAGE }), {
    everyMs: 10_000,
    on,
    off: !signedIn,
  })
  const [state, setState] = useState<LogState<Row>>({ rows: [], cursor: undefined })
  useEffect(() => {
    if (data) setState((before) => withNewest(before, pageOf(data, name)))
  }, [data, name])
  const more = useAction(async () => {
    const answer = await ask<Answer>(address(path, { limit: PAGE, cursor: state.cursor }))
    setState((before) => withOlder(before, pageOf(answer, name)))
  })
  const { rows, cursor } = signedIn ? state : { rows: [], cursor: undefined }
  return { rows, hasMore: cursor !== undefined, more, error, isRead: data !== undefined }
}

const pageOf = <Row>(answer: Record<string, Row[]> & { cursor?: string }, name: string) => ({
  rows: answer[name] ?? [],
  cursor: answer.cursor,
})

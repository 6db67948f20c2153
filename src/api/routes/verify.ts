import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { eventStreamOf, NDJSON, wantsEventStream } from '../events/framing.ts'
import { failureEvent } from '../events/streams.ts'
import type { VerifyPort } from '../node-port.ts'
import { about, answers, NEEDS_TOKEN, streams } from '../operation.ts'
import { MAX_PATH_LENGTH } from '../requests/absolute-path.ts'
import { libraryTarget } from '../requests/library-target.ts'
import { Verification, VerificationReport, VerifyLine } from '../schemas/verify.ts'
import { verifyJson, verifyLine } from '../views/verify-json.ts'

/** Most targets of one request, and most damaged files in one answer. */
export const VERIFY_BOUNDS = { maxTargets: 1000, maxFindings: 1000 } as const

const StartBody = Type.Object(
  {
    targets: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: MAX_PATH_LENGTH }), {
        maxItems: VERIFY_BOUNDS.maxTargets,
        description: 'Absolute paths and CIDs of what is shared; everything when left out or empty',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ targets: ['/home/ada/Documents'] }] },
)

/** Reading shared files again. */
export function verifyRoutes(app: Api, { port: { verify }, streams: hub }: ApiContext): void {
  app.post(
    '/api/v1/library/verify',
    {
      schema: {
        ...about(
          'library',
          'Verify what is shared',
          'Reads the files again and compares them with the catalogue. It goes on when the client leaves and when the node is started again; what is asked for meanwhile joins it.',
        ),
        ...NEEDS_TOKEN,
        body: StartBody,
        response: answers(Verification, 'How far it is'),
      },
    },
    async ({ body: { targets = [] } }) => verifyJson(await verify.start(targets.map(libraryTarget))),
  )

  app.get(
    '/api/v1/library/verify',
    {
      schema: {
        ...about(
          'library',
          'How far the verification is',
          `The one that goes on, or the last one, with the first ${VERIFY_BOUNDS.maxFindings} damaged files.`,
        ),
        response: answers(VerificationReport, 'The verification'),
      },
    },
    () => reportJson(verify),
  )

  app.delete(
    '/api/v1/library/verify',
    {
      schema: {
        ...about('library', 'Stop the verification', 'What was found stays; the next one begins anew.'),
        ...NEEDS_TOKEN,
        response: answers(Verification, 'How far it came'),
      },
    },
    async () => verifyJson(await verify.stop()),
  )

  app.get(
    '/api/v1/library/verify/events',
    {
      exposeHeadRoute: false,
      schema: {
        ...about(
          'library',
          'Progress of the verification',
          'What was found so far, then progress and findings as they come, until the end.',
        ),
        response: streams(VerifyLine, { description: 'Lines, the last one done or stopped', sse: true }),
      },
    },
    ({ headers }, reply) =>
      hub.send<object>(reply, {
        framing: wantsEventStream(headers.accept) ? eventStreamOf('verify') : NDJSON,
        open: (signal) => lines(verify, signal),
        failure: failureEvent,
      }),
  )
}

const reportJson = (verify: VerifyPort) => ({
  ...verifyJson(verify.state()),
  damagedFiles: verify.findings(0, VERIFY_BOUNDS.maxFindings),
})

async function* lines(verify: VerifyPort, signal: AbortSignal): AsyncGenerator<object> {
  for await (const event of verify.watch(signal)) yield verifyLine(event)
}

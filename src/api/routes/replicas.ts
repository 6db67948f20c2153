import Type from 'typebox'
import { parseCid } from '../../content/cid.ts'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { eventStreamOf, NDJSON, wantsEventStream } from '../events/framing.ts'
import { failureEvent } from '../events/streams.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS, streams } from '../operation.ts'
import { MAX_PATH_LENGTH } from '../requests/absolute-path.ts'
import { pageQuery } from '../requests/page-query.ts'
import { listedReplicas, pushRequest, REPLICA_ROLES, replicasOf } from '../requests/replica-request.ts'
import { MAX_TARGET_LENGTH } from '../requests/target.ts'
import { CID } from '../schemas/forms.ts'
import { Replica, ReplicaList, ReplicasOfCid, Unpushed } from '../schemas/replicas.ts'
import { REPLICA_BOUNDS } from '../views/replica-view.ts'

const { maxOrders, maxReplicas, maxDays, maxPeers } = REPLICA_BOUNDS

const PushBody = Type.Object(
  {
    cid: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_TARGET_LENGTH,
        description: 'CID of something that this node shares, or a link with it. Either this or path',
      }),
    ),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_PATH_LENGTH,
        description: 'Absolute path; shared first, if it is not',
      }),
    ),
    replicas: Type.Integer({ minimum: 1, maximum: maxReplicas, description: 'Copies that others keep' }),
    peers: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: maxPeers,
        description: 'PeerIds that are asked first; whoever suits when left out',
      }),
    ),
    days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxDays,
        description: 'After so many days the order ends; 30 when left out',
      }),
    ),
    zoneFirst: Type.Optional(
      Type.Boolean({
        description: "Ask the peer first that the zone of the name's rarest word names first",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ cid: CID, replicas: 3, days: 90 }] },
)

const ListQuery = Type.Object(
  {
    role: Type.Optional(
      Type.Enum([...REPLICA_ROLES], {
        description: 'Only orders of this node (owner), or those that it keeps something for (holder)',
        examples: ['owner'],
      }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
)

export const CidParams = Type.Object({
  cid: Type.String({ minLength: 1, maxLength: 200, description: 'CID, in any form' }),
})

/** What a user has others keep is nobody else's business. */
const secret = { config: { secret: true } }

/** Copies that other peers keep. */
export function replicaRoutes(app: Api, { port: { replication }, streams: hub }: ApiContext): void {
  const json = { 'application/json': { schema: Replica } }

  app.post(
    '/api/v1/replicas',
    {
      schema: {
        ...about(
          'replicas',
          'Have other peers keep copies',
          `Of something that this node shares. Answers at once; watching it tells how it goes. The order that there is for the CID is changed (then 200): number, days and peers are as told now. At most ${maxOrders} orders: 409 CONFLICT.`,
        ),
        ...NEEDS_TOKEN,
        body: PushBody,
        response: {
          201: { description: 'Ordered', content: json },
          200: { description: 'The order was there already', content: json },
          ...PROBLEMS,
        },
      },
    },
    async ({ body }, reply) => {
      const { target, options } = pushRequest(body)
      // A path may have to be hashed; nobody needs the answer when the client has gone.
      using client = clientSignal(reply.raw)
      const { view, created } = await replication.push(target, { ...options, signal: client.signal })
      return reply.code(created ? 201 : 200).send(view)
    },
  )

  app.get(
    '/api/v1/replicas',
    {
      ...secret,
      schema: {
        ...about(
          'replicas',
          'List who keeps what',
          'Orders of this node, and of those for whom it keeps something what it knows; newest first.',
        ),
        ...NEEDS_TOKEN,
        querystring: ListQuery,
        response: answers(ReplicaList, 'All orders'),
      },
    },
    ({ query }) => listedReplicas(replication.list(), query),
  )

  app.get(
    '/api/v1/replicas/:cid',
    {
      ...secret,
      schema: {
        ...about(
          'replicas',
          'Who keeps one content',
          'The order of this node, and those that it keeps it for.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        response: answers(ReplicasOfCid, 'The orders for it, at least one'),
      },
    },
    ({ params: { cid } }) => ({ replicas: replicasOf(replication.get(parseCid(cid))) }),
  )

  app.get(
    '/api/v1/replicas/:cid/watch',
    {
      ...secret,
      exposeHeadRoute: false,
      schema: {
        ...about(
          'replicas',
          'How an order goes',
          'The order now and after each change, until it has what it wants, nobody more can be asked, or it ends.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        response: streams(Replica, { description: 'The order, again and again', sse: true }),
      },
    },
    ({ params: { cid }, headers }, reply) => {
      const wanted = parseCid(cid)
      return hub.send<object>(reply, {
        framing: wantsEventStream(headers.accept) ? eventStreamOf('replica') : NDJSON,
        open: (signal) => replication.watch(wanted, signal),
        failure: failureEvent,
      })
    },
  )

  app.post(
    '/api/v1/replicas/:cid/prove',
    {
      schema: {
        ...about(
          'replicas',
          'Check the copies now',
          'Asks each of those who keep one for a random block, and verifies it. Answers when all have answered or failed to.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        response: answers(Replica, 'The order'),
      },
    },
    async ({ params: { cid } }, reply) => {
      const wanted = parseCid(cid)
      using client = clientSignal(reply.raw)
      return await replication.prove(wanted, client.signal)
    },
  )

  app.delete(
    '/api/v1/replicas/:cid',
    {
      schema: {
        ...about(
          'replicas',
          'End an order',
          'Those who keep a copy are told to drop it, those who are away once they are back. What is shared here stays.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        response: answers(Unpushed, 'Who was told'),
      },
    },
    async ({ params: { cid } }, reply) => {
      const wanted = parseCid(cid)
      using client = clientSignal(reply.raw)
      return await replication.unpush(wanted, client.signal)
    },
  )
}

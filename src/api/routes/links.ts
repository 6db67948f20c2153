import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS } from '../operation.ts'
import { qrSvg } from '../qr-svg.ts'
import { MAX_PATH_LENGTH } from '../requests/absolute-path.ts'
import { MAX_TARGET_LENGTH } from '../requests/target.ts'
import { CID } from '../schemas/forms.ts'
import { Link, OpenedLinkSchema } from '../schemas/links.ts'
import { LINK_BOUNDS } from '../share-link.ts'
import { type LinkView, linkOf, type OpenedLink, openLink } from '../views/link-view.ts'

const LinkQuery = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: MAX_PATH_LENGTH,
      description: 'Absolute path, or CID, of something that is shared',
      examples: ['/home/ada/Documents/manual.pdf'],
    }),
    gateway: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: LINK_BOUNDS.maxGatewayLength,
        description: 'Address of the gateway for the http link; the one of this node when left out',
        examples: ['https://example.org'],
      }),
    ),
  },
  { additionalProperties: false },
)

const QrQuery = Type.Object(
  {
    text: Type.String({
      minLength: 1,
      maxLength: LINK_BOUNDS.maxLength,
      description: 'What the code says',
      examples: [`shoal:${CID}`],
    }),
  },
  { additionalProperties: false },
)

const OpenBody = Type.Object(
  {
    link: Type.String({
      minLength: 1,
      maxLength: MAX_TARGET_LENGTH,
      description: 'Link (shoal:, ipfs:, /ipfs/, gateway, magnet), or CID',
    }),
  },
  {
    additionalProperties: false,
    examples: [{ link: `shoal:${CID}?name=manual.pdf` }],
  },
)

/** Links to content, with who has it. */
export function linkRoutes(app: Api, { port }: ApiContext): void {
  app.get(
    '/api/v1/links',
    {
      schema: {
        ...about(
          'library',
          'A link to something shared',
          'With its CID, name, size and who has it, so that it is found even where no locator knows it. 404 NOT_FOUND while it is not shared, or not hashed yet.',
        ),
        querystring: LinkQuery,
        response: answers(Link, 'The link in both forms'),
      },
    },
    async ({ query }) => linkJson(await linkOf(port, query)),
  )

  app.get(
    '/api/v1/links/qr.svg',
    {
      schema: {
        ...about('library', 'A QR code', 'Of any text, as a picture for a page; nothing is looked up.'),
        querystring: QrQuery,
        response: {
          200: {
            description: 'The code, black on white',
            content: { 'image/svg+xml': { schema: Type.String() } },
          },
          ...PROBLEMS,
        },
      },
    },
    async ({ query: { text } }, reply) =>
      reply
        .type('image/svg+xml')
        .serializer(String)
        .send(await qrSvg(text)),
  )

  app.post(
    '/api/v1/links',
    {
      schema: {
        ...about(
          'downloads',
          'Open a link',
          'Remembers who has the content by its word, for a day at most, and calls nobody; downloads and /ipfs/CID then ask them too.',
        ),
        ...NEEDS_TOKEN,
        body: OpenBody,
        response: answers(OpenedLinkSchema, 'What it stands for'),
      },
    },
    ({ body: { link } }) => openedJson(openLink(port, link)),
  )
}

const linkJson = ({ sizeBytes, ...link }: LinkView) => ({ ...link, size: sizeBytes })

const openedJson = ({ sizeBytes, ...opened }: OpenedLink) => ({
  ...opened,
  ...(sizeBytes !== undefined && { size: sizeBytes }),
})

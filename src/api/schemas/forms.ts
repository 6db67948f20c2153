import Type, { type TProperties } from 'typebox'

/** What the schemas of answers are made of. The schemas are for OpenAPI; a test holds the answers against them. */

export const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
export const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
export const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

/** `title` in the options names the type that generators make of it. */
export const object = <P extends TProperties>(properties: P, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

export const text = (description: string, ...examples: string[]) =>
  Type.String({ description, ...(examples.length > 0 && { examples }) })
export const count = (description: string) => Type.Integer({ minimum: 0, description })
export const number = (description: string) => Type.Number({ minimum: 0, description })
export const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Enum([...values], { description })

export const entry = {
  cid: text('CID in canonical form', CID),
  sha256: Type.Optional(text('Hex SHA-256 of the bytes; not for folders', SHA256)),
  name: text('File name', 'manual.pdf'),
  path: text('Path below the shared folder, `/` between parts', 'Documents/manual.pdf'),
  size: count('Bytes of the file, or of all files in the folder'),
  kind: oneOf(['file', 'folder'], 'What it is'),
}

export const failed = object(
  { event: Type.Literal('error'), code: text('Stable code of the error'), message: text('For people') },
  { title: 'StreamFailure', description: 'It failed after the answer had begun. The last one.' },
)

export const errorView = object(
  { code: text('Stable code of the error'), message: text('For people') },
  { title: 'ErrorView' },
)

export const cursor = Type.Optional(text('Give it as `cursor` for the next page; missing at the end'))

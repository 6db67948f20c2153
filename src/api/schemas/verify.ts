import Type from 'typebox'
import { CID, count, failed, number, object, oneOf, text } from './forms.ts'

/** Schemas of what the routes of `routes/verify.ts` answer. */

const figures = {
  files: count('Files that are done'),
  filesTotal: count('Files in all'),
  bytes: count('Bytes read'),
  bytesTotal: count('Bytes in all'),
}
const rateBytesPerSecond = number('Over the last seconds')
const etaMs = Type.Union([number('Left at this rate'), Type.Null()], { description: 'Null while not known' })
const damaged = count('Files with something wrong')
const ms = number('Time in which the node worked on it')

const verification = {
  state: oneOf(['idle', 'running', 'done', 'stopped'], 'idle: nothing was verified yet'),
  ...{ ...figures, rateBytesPerSecond, etaMs, damaged, ms },
}

const damagedFile = {
  path: text('Absolute path on this machine', '/home/ada/Documents/manual.pdf'),
  cid: text('CID of what it should be', CID),
  blocks: Type.Array(Type.Integer({ minimum: 0 }), {
    description: 'The first of the blocks of 1 MiB that are wrong or cannot be read, from 0',
  }),
  blockCount: count('How many there are'),
  reason: oneOf(
    ['blocks', 'changed', 'unreadable', 'missing'],
    'blocks: some are wrong. changed: none is right, though size and time are. Both are withdrawn. unreadable: the disk does not give all of it. missing: it is not there',
  ),
}

export const Verification = object(verification, { title: 'Verification', description: 'How far it is' })

export const VerificationReport = object(
  {
    ...verification,
    damagedFiles: Type.Array(object(damagedFile, { title: 'DamagedFile' }), {
      description: 'In the order in which they were found',
    }),
  },
  { title: 'VerificationReport' },
)

export const VerifyLine = Type.Union(
  [
    object(
      { event: Type.Literal('progress'), ...figures, rateBytesPerSecond, etaMs, damaged },
      { description: 'How far it is' },
    ),
    object(
      { event: Type.Literal('damaged'), ...damagedFile },
      { description: 'Something is wrong with a file' },
    ),
    object(
      { event: Type.Literal('done'), files: figures.files, bytes: figures.bytes, damaged, ms },
      { description: 'All is read. The last one.' },
    ),
    object(
      { event: Type.Literal('stopped'), ...figures, damaged, ms },
      { description: 'Somebody stopped it. The last one.' },
    ),
    failed,
  ],
  { title: 'VerifyLine', description: 'One JSON object a line, or one a server-sent event' },
)

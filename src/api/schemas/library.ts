import Type from 'typebox'
import { LEFT_OUT_REASONS } from '../../library/left-out.ts'
import { MAX_EXAMPLES } from '../views/left-out.ts'
import { count, cursor, entry, failed, number, object, oneOf, text } from './forms.ts'

/** Schemas of what the API answers about the library and what it shares. */

export const LibraryEntry = object(
  {
    ...entry,
    modifiedMs: number('Last change, ms since the Unix epoch; 0 when not known'),
    file: text('Absolute path on this machine', '/home/ada/Documents/manual.pdf'),
  },
  { title: 'LibraryEntry' },
)

export const LibraryPageSchema = object(
  {
    entries: Type.Array(LibraryEntry),
    cursor,
  },
  { title: 'LibraryPage' },
)

const leftOut = object(
  {
    count: count('Files and folders; what is in such a folder is not counted'),
    examples: Type.Array(
      object({
        path: text('Path as that of an entry', 'Documents/notes.txt~'),
        reason: oneOf(
          LEFT_OUT_REASONS,
          '`removed` was taken out of the share on request; `changed` was being written to and is shared when that is over',
        ),
      }),
      { maxItems: MAX_EXAMPLES, description: 'The first of them' },
    ),
  },
  { description: 'What was found and is not shared' },
)

export const AddLine = Type.Union(
  [
    object({ event: Type.Literal('added'), ...entry }, { description: 'Shared now' }),
    object(
      {
        event: Type.Literal('done'),
        files: count('Files shared'),
        bytes: count('Their bytes'),
        ms: number('It took so long'),
        leftOut,
      },
      { description: 'All is shared. The last one.' },
    ),
    failed,
  ],
  { title: 'AddLine', description: 'One JSON object a line' },
)

export const Shares = object(
  {
    shares: Type.Array(
      object({
        id: text('Id on this node'),
        path: text('Absolute path', '/home/ada/Documents'),
        kind: entry.kind,
        origin: oneOf(['config', 'user', 'download'], 'Who shared it'),
        files: count('Files below it'),
        sizeBytes: count('Their bytes'),
      }),
    ),
  },
  { title: 'Shares' },
)

export const Removed = object({ removed: count('Entries no longer shared') })

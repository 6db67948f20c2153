import Type from 'typebox'
import { HELD_BACK, WISH_BOUNDS } from '../views/wish-view.ts'
import { CID, count, number, object, oneOf, text } from './forms.ts'

/** Schemas of what the routes of `routes/wishes.ts` answer. */

const hit = object(
  {
    cid: text('CID in canonical form', CID),
    name: text('File name as the first who told of it has it', 'manual.pdf'),
    size: count('Bytes of the file, or of all files in the folder'),
    kind: oneOf(['file', 'folder'], 'What it is'),
    providers: count('Peers that had it when it was found last'),
    foundMs: number('When it was found first, ms since the Unix epoch'),
    isNew: Type.Boolean({ description: 'It came after the first search, and was not seen yet' }),
    downloadId: Type.Optional(text('Id of the download that fetches it')),
    heldBack: Type.Optional(
      oneOf(
        HELD_BACK,
        'Why it is not fetched. size: larger than wishMaxBytes; daily-limit: wishMaxFetches were fetched in 24 hours; in-folder: it comes with its folder; failed: the download could not start',
      ),
    ),
  },
  { title: 'WishHit' },
)

export const Wish = object(
  {
    id: text('Id on this node'),
    words: text('What is searched for', 'holiday photos'),
    fetch: Type.Boolean({ description: 'What is new is fetched' }),
    createdMs: number('ms since the Unix epoch'),
    lastSearchedMs: Type.Optional(number('Last search that somebody answered, ms since the Unix epoch')),
    nextSearchMs: Type.Optional(
      number('Not searched before then, ms since the Unix epoch; missing while no peer is known'),
    ),
    newHits: count('How many of all that it found is new'),
    hits: Type.Array(hit, { description: `The newest ${WISH_BOUNDS.hitsShown}` }),
  },
  { title: 'Wish', description: 'Words that are searched for now and then' },
)

export const WishList = object({ wishes: Type.Array(Wish) })

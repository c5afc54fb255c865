import type { MongoClient } from 'mongodb'
import { ChangeoverError, codeOf, messageOf } from '../core/index.ts'
import type { StreamStart } from './change-stream.ts'
import type { Namespace } from './tap.ts'

/** What an error of a stream means for its reader. */
export type StreamTrouble =
  /** The place cannot be come back to. */
  | 'lost'
  /** A change does not fit into a reply, and would not the next time. */
  | 'too-large'
  /** The server cannot split large changes. */
  | 'no-split'
  /** The server has no change streams. */
  | 'unsupported'
  | 'denied'
  /** It goes away: an election, a cut line, a killed cursor. */
  | 'passing'

const TROUBLES: ReadonlyMap<number, StreamTrouble> = new Map<number, StreamTrouble>([
  [136, 'lost'], // CappedPositionLost
  [260, 'lost'], // InvalidResumeToken
  [280, 'lost'], // ChangeStreamFatalError
  [286, 'lost'], // ChangeStreamHistoryLost
  [40585, 'lost'], // the token was not found
  [40649, 'lost'], // the token has no _data
  [10334, 'too-large'], // BSONObjectTooLarge
  [40573, 'unsupported'], // only on replica sets
  [303, 'unsupported'], // what other makers' servers say
  [13, 'denied'], // Unauthorized
  [18, 'denied'], // AuthenticationFailed
])

/** What they say of a token that they cannot read: FailedToParse, TypeMismatch and their like. */
const UNREADABLE = new Set([2, 9, 14, 40, 50795])

/** @param start what the stream was opened with: a server that cannot parse anything else has not lost a place */
export function troubleOf(thrown: unknown, start: StreamStart | undefined): StreamTrouble {
  const code = codeOf(thrown)
  if (code === 'CONFIG') return 'unsupported'
  if (/\$?changeStreamSplitLargeEvent/i.test(messageOf(thrown)) && code !== 280) return 'no-split'
  if (typeof code !== 'number') return 'passing'
  if (start?.by === 'token' && UNREADABLE.has(code)) return 'lost'
  return TROUBLES.get(code) ?? 'passing'
}

/** Whether the driver already knows that its one server is a standalone; false when it knows nothing yet. */
export function isKnownStandalone(client: MongoClient): boolean {
  // Not public, so nothing depends on it: the server says the same a little later.
  const topology = client as { topology?: { description?: { servers?: unknown } } }
  const servers = topology.topology?.description?.servers
  if (!(servers instanceof Map) || servers.size === 0) return false
  return [...servers.values()].every((server: { type?: unknown } | undefined) => server?.type === 'Standalone')
}

export function unsupported(cause?: unknown): ChangeoverError {
  if (cause instanceof ChangeoverError) return cause
  return new ChangeoverError('CONFIG', 'The MongoDB server has no change streams: it is not part of a replica set.', {
    remedy:
      'Run it as a replica set, of one member if need be (mongod --replSet, then rs.initiate()), or observe by command monitoring.',
    cause,
  })
}

export function denied({ database, collection }: Namespace, cause: unknown): ChangeoverError {
  return new ChangeoverError(
    'DENIED',
    `MongoDB refuses the change stream of ${database}.${collection}, or its position.`,
    {
      remedy: `Grant its user find and changeStream on ${database}.${collection}, and readWrite on the collection of positions.`,
      cause,
    },
  )
}

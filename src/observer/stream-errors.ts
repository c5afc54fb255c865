import type { MongoClient } from 'mongodb'
import { type ChangeoverError, codeOf, driverErrors, messageOf } from '../core/index.ts'
import type { StreamStart } from './change-stream.ts'
import type { Namespace } from './tap.ts'

/** What an error of a change stream means for its reader. */
export type StreamErrorKind =
  /** The server can no longer resume from this token or time. */
  | 'lost'
  /** A change is larger than a reply can be, and always will be. */
  | 'too-large'
  /** The server cannot split large changes. */
  | 'no-split'
  /** The server has no change streams. */
  | 'unsupported'
  | 'denied'
  /** An election, a broken connection, a killed cursor: it works again later. */
  | 'transient'

const errors = driverErrors<StreamErrorKind>({
  kinds: {
    136: 'lost', // CappedPositionLost
    260: 'lost', // InvalidResumeToken
    280: 'lost', // ChangeStreamFatalError
    286: 'lost', // ChangeStreamHistoryLost
    40585: 'lost', // the token was not found
    40649: 'lost', // the token has no _data
    10334: 'too-large', // BSONObjectTooLarge
    40573: 'unsupported', // only on replica sets
    303: 'unsupported', // what servers of other vendors say
    CONFIG: 'unsupported', // this package found out by itself
    13: 'denied', // Unauthorized
    18: 'denied', // AuthenticationFailed
  },
  otherwise: () => 'transient',
  translations: {
    lost: interrupted(),
    'too-large': interrupted(),
    'no-split': interrupted(),
    transient: interrupted(),
    unsupported: {
      code: 'CONFIG',
      sentence: () => 'The MongoDB server has no change streams: it is not part of a replica set.',
      remedy:
        'Run it as a replica set, with one member if need be (mongod --replSet, then rs.initiate()), or observe by command monitoring.',
    },
    denied: {
      code: 'DENIED',
      sentence: (place) => `MongoDB refuses the change stream of ${place}, or access to its stored position.`,
      remedy: 'Grant the user find and changeStream on that collection, and readWrite on the collection of positions.',
    },
  },
})

function interrupted(): { code: 'UNREACHABLE'; sentence: (place: string, said: string) => string } {
  return { code: 'UNREACHABLE', sentence: (place, said) => `The change stream of ${place} is interrupted: ${said}.` }
}

/** Codes that servers give for a token that they cannot read: FailedToParse, TypeMismatch and similar. */
const UNREADABLE_TOKEN: ReadonlySet<unknown> = new Set([2, 9, 14, 40, 50795])

/** @param start how the stream was opened: the same codes mean something else when no token was sent */
export function streamErrorKind(thrown: unknown, start: StreamStart | undefined): StreamErrorKind {
  const code = codeOf(thrown)
  const isAboutSplit = /\$?changeStreamSplitLargeEvent/i.test(messageOf(thrown))
  if (isAboutSplit && code !== 280 && code !== 'CONFIG') return 'no-split'
  if (start?.by === 'token' && UNREADABLE_TOKEN.has(code)) return 'lost'
  return errors.kindOf(thrown)
}

/** The error to report for what somebody has to mend: `unsupported` or `denied`. */
export function streamError({ database, collection }: Namespace, thrown: unknown): ChangeoverError {
  return errors.translate(thrown, `${database}.${collection}`)
}

/** The error for a server without change streams. */
export function unsupported(): ChangeoverError {
  return errors.translate({ code: 40573 }, '')
}

/** Whether the driver already knows that its one server is a standalone; false when it knows nothing yet. */
export function isKnownStandalone(client: MongoClient): boolean {
  // Not public, so nothing depends on it: the server says the same a little later.
  const topology = client as { topology?: { description?: { servers?: unknown } } }
  const servers = topology.topology?.description?.servers
  if (!(servers instanceof Map) || servers.size === 0) return false
  return [...servers.values()].every((server: { type?: unknown } | undefined) => server?.type === 'Standalone')
}

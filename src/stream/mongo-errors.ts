import { codeOf, driverErrors, messageOf, propertyOf, type ChangeoverError, type DriverErrors } from '../core/index.ts'

/** What an error of the MongoDB driver means for a reader. */
type MongoErrorKind =
  | 'denied'
  | 'credentials'
  | 'unreachable'
  /** The address cannot be read, or has options that cannot be used. */
  | 'address'
  /** The server answered a request with an error. */
  | 'refused'
  | 'unexpected'

export const mongoErrors: DriverErrors<MongoErrorKind> = driverErrors<MongoErrorKind>({
  kinds: {
    13: 'denied', // Unauthorized
    18: 'credentials', // AuthenticationFailed
    8000: 'credentials', // AtlasError: what Atlas reports for either
    MongoParseError: 'address',
    MongoInvalidArgumentError: 'address',
    MongoMissingCredentialsError: 'address',
    MongoMissingDependencyError: 'address',
    MongoRuntimeError: 'address',
    MongoServerError: 'refused',
    // How Node names the look-up of an address with mongodb+srv://, whatever went wrong with it.
    querySrv: 'unreachable',
    queryTxt: 'unreachable',
  },
  codesOf: (thrown) => [codeOf(thrown), String(propertyOf(thrown, 'syscall')), nameOf(thrown)],
  otherwise: (thrown) => (nameOf(thrown).startsWith('Mongo') ? 'unreachable' : 'unexpected'),
  remedyOf: (thrown) =>
    messageOf(thrown).includes('ENOTFOUND') ? 'Correct the host in MONGODB_URL: no server has that name.' : undefined,
  translations: {
    denied: {
      code: 'DENIED',
      sentence: (place, said) => `MongoDB denied access to ${place}: ${said}.`,
      remedy: 'Grant the user of MONGODB_URL the right to read the source database.',
    },
    credentials: {
      code: 'DENIED',
      sentence: (place, said) => `MongoDB denied access to ${place}: ${said}.`,
      remedy:
        'Check the user and the password in MONGODB_URL, and its authSource; the user needs the right to read the source database.',
    },
    unreachable: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `MongoDB failed at ${place}: ${said}.`,
      remedy: 'Check that the server runs and that MONGODB_URL names its host, port and database.',
    },
    address: {
      code: 'CONFIG',
      sentence: (place, said) => `MongoDB at ${place} cannot be used: ${said}.`,
      remedy:
        'Write MONGODB_URL as mongodb://user:password@host:27017/database, with special characters percent-encoded.',
    },
    refused: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `MongoDB failed at ${place}: ${said}.`,
      remedy: 'If the server was shutting down or failing over, run it again; otherwise correct what it refuses.',
    },
    unexpected: {
      code: 'UNEXPECTED',
      sentence: (place, said) => `Reading ${place} failed: ${said}.`,
    },
  },
})

function nameOf(thrown: unknown): string {
  return String(propertyOf(thrown, 'name'))
}

const SERVER_KINDS: ReadonlySet<MongoErrorKind> = new Set<MongoErrorKind>([
  'denied',
  'credentials',
  'unreachable',
  'refused',
])

/** The error of the server behind what a report threw, translated; undefined when the report's own code is to blame. */
export function mongoServerErrorOf(thrown: unknown, place: string): ChangeoverError | undefined {
  return SERVER_KINDS.has(mongoErrors.kindOf(thrown)) ? mongoErrors.translate(thrown, place) : undefined
}

import { driverErrors, propertyOf, type DriverErrors } from '../core/index.ts'

/** What an error of the MongoDB driver means for a reader. */
type MongoErrorKind = 'denied' | 'failed' | 'unexpected'

export const mongoErrors: DriverErrors<MongoErrorKind> = driverErrors<MongoErrorKind>({
  kinds: {
    13: 'denied', // Unauthorized
    18: 'denied', // AuthenticationFailed
    8000: 'denied', // AtlasError: what Atlas reports for either
  },
  otherwise: (thrown) => (String(propertyOf(thrown, 'name')).startsWith('Mongo') ? 'failed' : 'unexpected'),
  translations: {
    denied: {
      code: 'DENIED',
      sentence: (place, said) => `MongoDB denied access to ${place}: ${said}.`,
      remedy: 'Grant the user of MONGODB_URL the right to read the source database.',
    },
    failed: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `MongoDB failed at ${place}: ${said}.`,
      remedy: 'Check that the server runs and that MONGODB_URL names its host, port and database.',
    },
    unexpected: {
      code: 'UNEXPECTED',
      sentence: (place, said) => `Reading ${place} failed: ${said}.`,
    },
  },
})

import { ChangeoverError, codeOf, driverErrors, messageOf, propertyOf, type DriverErrors } from '../core/index.ts'

/** Why a request, or one entry of it, was not done. */
export interface SqsFailure {
  readonly retryable: boolean
  /** One line without secrets. */
  readonly reason: string
}

/** An entry that SQS lists as failed in a request that itself went well. */
export interface FailedEntry {
  readonly Code?: string | undefined
  readonly SenderFault?: boolean | undefined
  readonly Message?: string | undefined
}

/** `renewable`: refused now, but credentials are renewed and clocks are set without a change to the application. */
type Kind = 'transient' | 'renewable' | 'denied' | 'misconfigured'

const RETRYABLE: ReadonlySet<Kind> = new Set(['transient', 'renewable'])

const KINDS: Readonly<Record<string, Kind>> = Object.freeze({
  InternalError: 'transient',
  InternalFailure: 'transient',
  KmsThrottled: 'transient',
  OverLimit: 'transient',
  RequestThrottled: 'transient',
  RequestTimeout: 'transient',
  ServiceUnavailable: 'transient',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  TooManyRequestsException: 'transient',

  CredentialsProviderError: 'renewable',
  ExpiredToken: 'renewable',
  ExpiredTokenException: 'renewable',
  RequestExpired: 'renewable',
  RequestTimeTooSkewed: 'renewable',
  TokenProviderError: 'renewable',

  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSecurity: 'denied',
  InvalidSignatureException: 'denied',
  KmsAccessDenied: 'denied',
  MissingAuthenticationToken: 'denied',
  OptInRequired: 'denied',
  SignatureDoesNotMatch: 'denied',
  UnrecognizedClientException: 'denied',

  BatchRequestTooLong: 'misconfigured',
  InvalidAddress: 'misconfigured',
  InvalidMessageContents: 'misconfigured',
  InvalidParameterValue: 'misconfigured',
  KmsDisabled: 'misconfigured',
  KmsNotFound: 'misconfigured',
  NonExistentQueue: 'misconfigured',
  QueueDoesNotExist: 'misconfigured',
  UnsupportedOperation: 'misconfigured',
})

const refused = (place: string, said: string): string => `The queue ${place} refuses the request: ${said}`
const checkCredentials =
  'Check the credentials of the SQS client, and that they allow sqs:SendMessage, sqs:ReceiveMessage, ' +
  'sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on this queue.'

/** The errors of the SQS client. What is not in the table counts as transient unless its HTTP status says otherwise. */
export const sqsErrors: DriverErrors<Kind> = driverErrors<Kind>({
  kinds: KINDS,
  codesOf: (thrown) => [nameOf(thrown)],
  otherwise: (thrown) => (thrown instanceof ChangeoverError ? 'misconfigured' : kindOfStatus(statusOf(thrown))),
  say: (thrown) => (isSecret(thrown) ? nameOf(thrown) : describe(thrown)),
  isSecret,
  translations: {
    transient: {
      code: 'UNREACHABLE',
      sentence: (place, said) => `The queue ${place} cannot be reached: ${said}`,
      remedy: 'Check the endpoint and the region of the SQS client, the network, and the status of the service.',
    },
    renewable: { code: 'DENIED', sentence: refused, remedy: checkCredentials },
    denied: { code: 'DENIED', sentence: refused, remedy: checkCredentials },
    misconfigured: {
      code: 'CONFIG',
      sentence: refused,
      remedy: 'Check the queue URL, the region, and the attributes of the queue.',
    },
  },
})

/** Why a whole request failed. */
export function requestFailure(thrown: unknown): SqsFailure {
  return { retryable: RETRYABLE.has(sqsErrors.kindOf(thrown)), reason: sqsErrors.say(thrown) }
}

/** Why one entry of a request failed. */
export function entryFailure(entry: FailedEntry): SqsFailure {
  const name = shortName(entry.Code ?? '')
  const listed = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  const kind = listed ?? (entry.SenderFault ? 'misconfigured' : 'transient')
  const said = [name, entry.Message].filter(Boolean).join(': ')
  return { retryable: RETRYABLE.has(kind), reason: messageOf(said || 'refused without a reason') }
}

function kindOfStatus(status: number | undefined): Kind {
  if (status === undefined || status < 400 || status >= 500) return 'transient'
  if (status === 401 || status === 403) return 'denied'
  return status === 408 || status === 425 || status === 429 ? 'transient' : 'misconfigured'
}

function statusOf(thrown: unknown): number | undefined {
  const status = propertyOf(propertyOf(thrown, '$metadata'), 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

function nameOf(thrown: unknown): string {
  const name = thrown instanceof Error ? propertyOf(thrown, 'name') : undefined
  return typeof name === 'string' ? shortName(name) : ''
}

/** The same error has this prefix or not, depending on the age of the protocol. */
function shortName(name: string): string {
  return name.replace(/^AWS\.SimpleQueueService\./, '')
}

/** AWS quotes the request that it could not verify, including the session token, in its errors about signatures. */
function isSecret(thrown: unknown): boolean {
  return /signature/i.test(nameOf(thrown))
}

function describe(thrown: unknown): string {
  const message = messageOf(thrown)
  if (thrown instanceof ChangeoverError) return message
  const name = nameOf(thrown)
  const label = name === '' || name === 'Error' ? String(codeOf(thrown) ?? '') : name
  return label === '' || message.includes(label) ? message : `${label}: ${message}`
}

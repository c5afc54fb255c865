import { ChangeoverError, codeOf, messageOf, type ErrorCode } from '../core/index.ts'

/** Why a request, or one entry of it, was not done. */
export interface SqsTrouble {
  readonly code: Extract<ErrorCode, 'UNREACHABLE' | 'DENIED' | 'CONFIG'>
  readonly retryable: boolean
  /** One line without secrets. */
  readonly reason: string
}

type Kind = Pick<SqsTrouble, 'code' | 'retryable'>

const passing: Kind = { code: 'UNREACHABLE', retryable: true }
const denied: Kind = { code: 'DENIED', retryable: false }
/** Refused today, but credentials are renewed and clocks set without anyone touching the application. */
const renewable: Kind = { code: 'DENIED', retryable: true }
const wrong: Kind = { code: 'CONFIG', retryable: false }

const kindsByName: ReadonlyMap<string, Kind> = new Map([
  ['InternalError', passing],
  ['InternalFailure', passing],
  ['KmsThrottled', passing],
  ['OverLimit', passing],
  ['RequestThrottled', passing],
  ['RequestTimeout', passing],
  ['ServiceUnavailable', passing],
  ['Throttling', passing],
  ['ThrottlingException', passing],
  ['TooManyRequestsException', passing],

  ['CredentialsProviderError', renewable],
  ['ExpiredToken', renewable],
  ['ExpiredTokenException', renewable],
  ['RequestExpired', renewable],
  ['RequestTimeTooSkewed', renewable],
  ['TokenProviderError', renewable],

  ['AccessDenied', denied],
  ['AccessDeniedException', denied],
  ['InvalidClientTokenId', denied],
  ['InvalidSecurity', denied],
  ['InvalidSignatureException', denied],
  ['KmsAccessDenied', denied],
  ['MissingAuthenticationToken', denied],
  ['OptInRequired', denied],
  ['SignatureDoesNotMatch', denied],
  ['UnrecognizedClientException', denied],

  ['BatchRequestTooLong', wrong],
  ['InvalidAddress', wrong],
  ['InvalidMessageContents', wrong],
  ['InvalidParameterValue', wrong],
  ['KmsDisabled', wrong],
  ['KmsNotFound', wrong],
  ['NonExistentQueue', wrong],
  ['QueueDoesNotExist', wrong],
  ['UnsupportedOperation', wrong],
])

const remedies: Readonly<Record<SqsTrouble['code'], string>> = {
  UNREACHABLE:
    "Check the endpoint and the region of the SQS client, and the network between; the service's status too.",
  DENIED:
    'Check the credentials of the SQS client, and that they allow sqs:SendMessage, sqs:ReceiveMessage, ' +
    'sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on this queue.',
  CONFIG: 'Check the queue URL, the region, and the attributes of the queue.',
}

/** What kind of trouble it is that the SDK threw. What is not known is taken to pass: nothing is given up on a guess. */
export function troubleOf(thrown: unknown): SqsTrouble {
  if (thrown instanceof ChangeoverError) return { ...wrong, reason: thrown.message }
  const name = shortName(thrown instanceof Error ? thrown.name : '')
  const kind = kindsByName.get(name) ?? kindOfStatus(statusOf(thrown))
  return { ...kind, reason: tellsSecrets(name) ? name : describe(name, thrown) }
}

/** What kind of trouble one entry of a batch met, in a request that itself went well. */
export function troubleOfEntry(entry: {
  readonly Code?: string | undefined
  readonly SenderFault?: boolean | undefined
  readonly Message?: string | undefined
}): SqsTrouble {
  const name = shortName(entry.Code ?? '')
  const kind = kindsByName.get(name) ?? (entry.SenderFault ? wrong : passing)
  return { ...kind, reason: messageOf([name, entry.Message].filter(Boolean).join(': ') || 'refused without a reason') }
}

/** The trouble as something to throw. `place` is the queue, redacted. */
export function errorOf(thrown: unknown, place: string): ChangeoverError {
  if (thrown instanceof ChangeoverError) return thrown
  const { code, reason } = troubleOf(thrown)
  const message = `The queue ${place} ${code === 'UNREACHABLE' ? 'cannot be reached' : 'refuses the request'}: ${reason}`
  const cause = tellsSecrets(shortName(thrown instanceof Error ? thrown.name : '')) ? {} : { cause: thrown }
  return new ChangeoverError(code, message, { remedy: remedies[code], ...cause })
}

function kindOfStatus(status: number | undefined): Kind {
  if (status === undefined || status < 400 || status >= 500) return passing
  if (status === 401 || status === 403) return denied
  return status === 408 || status === 425 || status === 429 ? passing : wrong
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined
  const metadata = thrown.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

/** SQS speaks of the same error with and without this prefix, depending on the age of its protocol. */
function shortName(name: string): string {
  return name.replace(/^AWS\.SimpleQueueService\./, '')
}

/** AWS quotes the request it could not verify, session token included, in what it says about a signature. */
function tellsSecrets(name: string): boolean {
  return /signature/i.test(name)
}

function describe(name: string, thrown: unknown): string {
  const message = messageOf(thrown)
  const label = name === '' || name === 'Error' ? String(codeOf(thrown) ?? '') : name
  return label === '' || message.includes(label) ? message : `${label}: ${message}`
}

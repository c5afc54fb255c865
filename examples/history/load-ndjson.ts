import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { ChangeoverError, type ErrorCode } from 'changeover'
import { BSON, ObjectId } from 'mongodb'
import type { RepositoryEvent } from './events.ts'

/** The longest line that is read, in bytes: that of MongoDB's largest document. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

/**
 * The events of a file of Extended JSON, one document per line. It is decompressed when its name ends in `.gz`.
 * Only one line is in memory at a time.
 *
 * @throws ChangeoverError `CONFIG` when the file cannot be read, `MALFORMED` or `TOO_LARGE` at the first line that is
 *   not an event, because half a history would be worse than none
 */
export async function* eventsOfFile(path: string): AsyncGenerator<RepositoryEvent> {
  for await (const { line, number } of linesOf(path)) {
    if (line.length > 0) yield eventOf(line, (why) => malformed(path, number, why))
  }
}

function eventOf(line: Buffer, refuse: (why: string) => ChangeoverError): RepositoryEvent {
  let value: unknown
  try {
    value = BSON.EJSON.parse(utf8.decode(line), { relaxed: true })
  } catch {
    throw refuse('it is not Extended JSON in UTF-8')
  }
  const fault = faultOf(value)
  if (fault !== undefined) throw refuse(fault)
  return value as RepositoryEvent
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Does not use readline, which would collect an endless line until memory runs out. */
async function* linesOf(path: string): AsyncGenerator<{ line: Buffer; number: number }> {
  let rest: Buffer[] = []
  let held = 0
  let number = 1
  for await (const chunk of bytesOf(path)) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      yield { line: Buffer.concat([...rest, chunk.subarray(from, to)]), number: number++ }
      rest = []
      held = 0
      from = to + 1
    }
    rest.push(chunk.subarray(from))
    held += chunk.length - from
    if (held > MAX_LINE_BYTES) throw malformed(path, number, `it is longer than ${MAX_LINE_BYTES} bytes`, 'TOO_LARGE')
  }
  yield { line: Buffer.concat(rest), number }
}

const NEWLINE = 0x0a

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path)
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  if (stream !== file) file.on('error', (thrown) => stream.destroy(thrown))
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code.startsWith('Z_')) {
      const remedy = 'Copy or export the file again: it is damaged or incomplete.'
      throw new ChangeoverError('MALFORMED', `${path} is not a complete gzip file.`, { remedy, cause })
    }
    const remedy = 'Name a readable file of Extended JSON with one document per line, as mongoexport writes it.'
    throw new ChangeoverError('CONFIG', `The events in ${path} cannot be read (${code}).`, { remedy, cause })
  } finally {
    file.destroy()
    stream.destroy()
  }
}

function malformed(path: string, line: number, why: string, code: ErrorCode = 'MALFORMED'): ChangeoverError {
  const remedy = 'Correct or remove that line, or export the events again; nothing after it was read.'
  return new ChangeoverError(code, `Line ${line} of ${path} is not an event: ${why}.`, { remedy })
}

interface Check {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const is = (expected: string, holds: (value: unknown) => boolean): Check => ({ expected, holds })
const orNull = ({ expected, holds }: Check): Check => is(`${expected}, or null`, (v) => v === null || holds(v))

const text = is('a text that is not empty', (v) => typeof v === 'string' && v !== '')
const flag = is('true or false', (v) => typeof v === 'boolean')
const count = is('a whole number, zero or more', (v) => Number.isSafeInteger(v) && Number(v) >= 0)
const date = is('a date', (v) => v instanceof Date && !Number.isNaN(v.getTime()))
const objectId = is('an ObjectId', (v) => v instanceof ObjectId)
const exactly = (word: string): Check => is(`'${word}'`, (v) => v === word)

const envelope = { _id: objectId, seq: count, actor: text, at: date, recordedAt: date }
const change = { commit: text, insertions: orNull(count), deletions: orNull(count) }
const content = { blob: text, bytes: count }

/** Typed by the events, so that the compiler reports a missing type or payload field. */
const payloads: {
  [Type in RepositoryEvent['type']]: Record<keyof Extract<RepositoryEvent, { type: Type }>['payload'], Check>
} = {
  'author.created': { mailDomain: orNull(text) },
  'commit.created': { isMerge: flag, filesChanged: count, insertions: count, deletions: count },
  'file.created': { ...change, ...content, mode: text },
  'file.edited': { ...change, ...content },
  'file.deleted': change,
}

/** Names the field but never shows its value, which may be personal. */
function faultOf(event: unknown): string | undefined {
  const { type, entity, payload, ...rest } = fieldsOf(event)
  if (typeof type !== 'string' || !Object.hasOwn(payloads, type)) {
    return `type is not one of ${Object.keys(payloads).join(', ')}`
  }
  const [kind = ''] = type.split('.')
  return (
    faultIn('', rest, envelope) ??
    faultIn('entity.', fieldsOf(entity), { kind: exactly(kind), id: text }) ??
    faultIn('payload.', fieldsOf(payload), payloads[type as RepositoryEvent['type']])
  )
}

function faultIn(prefix: string, fields: Record<string, unknown>, checks: Record<string, Check>): string | undefined {
  const wrong = Object.entries(checks).find(([name, check]) => !check.holds(fields[name]))
  return wrong && `${prefix}${wrong[0]} is not ${wrong[1].expected}`
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

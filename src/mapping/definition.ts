import { createHmac, hash } from 'node:crypto'
import { canonicalJson } from '../core/index.ts'
import type { Sender } from '../event/index.ts'
import { describeTable, type TableDescription } from '../star/index.ts'
import type { Migration } from './migration.ts'
import type { Source } from './source.ts'

/** The number of the form in which rows, stamps and definitions are stored. A warehouse of another form cannot be used. */
export const STORED_FORMAT = 1

/** How messages name the definition that captured their events. */
export function senderOf({ document, fingerprint }: Definition): Sender {
  return { migration: document.migration, definition: fingerprint, capture: document.capture }
}

/** What the rows of a migration depend on, apart from the text of its handlers. The warehouse keeps it as JSON. */
export interface DefinitionDocument {
  readonly format: number
  readonly migration: string
  readonly revision: number
  /** Where events are, and where in an event its parts are. The database is left out: environments name it differently. */
  readonly source: Readonly<Record<string, string>>
  /** What of an event leaves the host, as a digest: equal ones let the same fields pass. */
  readonly capture: string
  readonly tables: Readonly<Record<string, TableDescription>>
  /** The event types with a handler, sorted. */
  readonly handled: readonly string[]
  /** The event types that are ignored, sorted. */
  readonly ignored: readonly string[]
}

/** Digests of the texts of functions. A changed digest means that they may map differently; changes of helpers that they call do not show. */
export interface HandlerTexts {
  /** Of the handlers, by event type. */
  readonly handlers: Readonly<Record<string, string>>
  /** Of `include`; empty when there is none. */
  readonly include: string
}

/** The definition of a migration, as the warehouse registers it. */
export interface Definition {
  readonly document: DefinitionDocument
  /** The document as JSON, in one form for equal ones. */
  readonly text: string
  /** The SHA-256 of the text, in hexadecimal. */
  readonly fingerprint: string
  readonly texts: HandlerTexts
}

/** The definition of a migration. It does not depend on the order in which anything is listed, except the columns of keys. */
export function definitionOf(migration: Migration): Definition {
  const { name, revision, source, tables, handlers } = migration
  const types = [...handlers.keys()].toSorted()
  const { collection, type, order, time, entity = '' } = source
  const document: DefinitionDocument = {
    format: STORED_FORMAT,
    migration: name,
    revision,
    source: { collection, type, order, time, entity },
    capture: captureOf(source),
    tables: Object.fromEntries(Object.values(tables).map((table) => [table.name, describeTable(table)])),
    handled: types.filter((each) => handlers.get(each) !== 'ignore'),
    ignored: types.filter((each) => handlers.get(each) === 'ignore'),
  }
  const text = canonicalJson(document)
  return Object.freeze({ document, text, fingerprint: hash('sha256', text), texts: textsOf(migration) })
}

/** One digest for all of a mapping's texts: 16 hexadecimal digits. */
export function textsDigest(texts: HandlerTexts): string {
  return digestOf(canonicalJson(texts))
}

const DIGEST_CHARACTERS = 16

function digestOf(text: string): string {
  return hash('sha256', text).slice(0, DIGEST_CHARACTERS)
}

function captureOf({ select, omit = [], personal = {}, hmacKey }: Source): string {
  const isKeyUsed = Object.values(personal).includes('hmac')
  // A keyed check value in place of the key: it tells two keys apart, and no key can be computed from it.
  const key = isKeyUsed
    ? createHmac('sha256', hmacKey ?? '')
        .update('changeover hmacKey')
        .digest('hex')
    : ''
  return digestOf(canonicalJson({ select: select?.toSorted() ?? null, omit: omit.toSorted(), personal, key }))
}

function textsOf({ handlers, include }: Migration): HandlerTexts {
  const texts = [...handlers].flatMap(([type, handler]) =>
    handler === 'ignore' ? [] : [[type, digestOf(plainText(handler))]],
  )
  return {
    handlers: Object.fromEntries(texts) as Record<string, string>,
    include: include ? digestOf(plainText(include)) : '',
  }
}

/** The text of a function without white space, which builds change. */
function plainText(fn: Function): string {
  return Function.prototype.toString.call(fn).replaceAll(/\s+/g, '')
}

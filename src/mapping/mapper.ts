import { ChangeoverError, messageOf } from '../core/index.ts'
import { eventKey } from '../event/index.ts'
import {
  type Operation,
  type Origin,
  rowsOf,
  type RelationRow,
  positionOf,
  stampOf,
  datetime,
  type Cell,
  Misfit,
} from '../star/index.ts'
import type { Migration } from './migration.ts'
import { reader } from './path.ts'
import { protection } from './privacy.ts'
import { complaintOf } from './schema.ts'

/** What a mapping makes of one event. Never an exception: an event that cannot be mapped says why. */
export type Mapped =
  | {
      readonly outcome: 'applied'
      readonly key: Uint8Array
      readonly position: bigint
      readonly rows: readonly RelationRow[]
    }
  | { readonly outcome: 'ignored'; readonly key: Uint8Array; readonly position: bigint }
  | {
      readonly outcome: 'quarantined'
      readonly key: Uint8Array | undefined
      readonly position: bigint | undefined
      readonly type: string | undefined
      readonly reason: string
    }

/** A mapping ready to run: the paths are parsed once. */
export type Mapper = (event: Readonly<Record<string, unknown>>, origin: Origin) => Mapped

/** The one place where events become rows; observer, sink, migrate and reconcile all go through it. */
export function createMapper(migration: Migration): Mapper {
  const typeOf = reader(migration.source.type)
  const orderOf = reader(migration.source.order)
  const timeOf = reader(migration.source.time)
  const tables = new Set<unknown>(Object.values(migration.tables))
  const protect = protection(migration.source)

  return (event, origin) => {
    let key: Uint8Array | undefined
    let position: bigint | undefined
    const type = typeOf(event)
    const known = typeof type === 'string' ? type : undefined
    const quarantined = (reason: string): Mapped => ({ outcome: 'quarantined', key, position, type: known, reason })

    try {
      key = eventKey(event['_id'])
    } catch (thrown) {
      return quarantined(`The event's _id cannot be used: ${messageOf(thrown)}.`)
    }
    position = positionOf(orderOf(event))
    if (position === undefined) {
      return quarantined(`The event's ${migration.source.order} is neither an integer of 64 bits nor a Date.`)
    }
    if (known === undefined) return quarantined(`The event's ${migration.source.type} is not a string.`)
    const handler = migration.handlers.get(known)
    if (handler === undefined)
      return quarantined(`The migration ${migration.name} has no handler for the type ${show(known)}.`)
    if (handler === 'ignore') return { outcome: 'ignored', key, position }

    try {
      const frozen = deepFreeze(protect ? protect(event) : event) as never
      if (migration.include && !migration.include(frozen)) return { outcome: 'ignored', key, position }
      const schema = migration.schemas.get(known)
      const complaint = schema && complaintOf(schema, frozen)
      if (complaint !== undefined) return quarantined(complaint)
      const operations = operationsOf(handler(frozen), tables)
      const stamp = stampOf(position, event['_id'], migration.revision, migration.name)
      return { outcome: 'applied', key, position, rows: rowsOf(operations, stamp, origin, instantIn(timeOf(event))) }
    } catch (thrown) {
      const remedy = thrown instanceof ChangeoverError && thrown.remedy ? ` ${thrown.remedy}` : ''
      const said = messageOf(thrown, 2000)
      return quarantined(thrown instanceof ChangeoverError ? said + remedy : `The handler of ${known} threw: ${said}`)
    }
  }
}

/** An instant as a cell, or NULL when the value is none. */
function instantIn(value: unknown): Cell {
  const cell = value instanceof Date ? datetime.encode(value) : null
  return cell instanceof Misfit ? null : cell
}

function operationsOf(result: unknown, tables: ReadonlySet<unknown>): readonly Operation[] {
  const operations = Array.isArray(result) ? result : [result]
  for (const operation of operations) {
    if (isOperation(operation) && tables.has(operation.table)) continue
    const said = isOperation(operation)
      ? `an operation on ${operation.table.name}, which is not among the migration's tables`
      : operation instanceof Promise
        ? 'a promise'
        : `something that is not an operation (${operation === null ? 'null' : typeof operation})`
    if (operation instanceof Promise) operation.catch(() => {})
    throw new ChangeoverError('DEFINITION', `A handler gave ${said}.`, {
      remedy: 'Return what create, edit, delete and erase of a table give, or an array of those.',
    })
  }
  return operations as Operation[]
}

function isOperation(value: unknown): value is Operation {
  return (
    typeof value === 'object' &&
    value !== null &&
    'table' in value &&
    'kind' in value &&
    'key' in value &&
    'values' in value
  )
}

/** Freezes what can be frozen: bytes cannot. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

import { ChangeoverError, messageAndRemedyOf, messageOf } from '../core/index.ts'
import { eventKey } from '../event/index.ts'
import {
  type Cell,
  datetime,
  Misfit,
  type Operation,
  type Origin,
  positionOf,
  type RelationRow,
  rowsOf,
  show,
  stampOfKey,
  type TableLayout,
  type TargetTable,
} from '../star/index.ts'
import type { AnyHandler, Migration } from './migration.ts'
import { operationsOf } from './operations.ts'
import { reader } from './path.ts'
import { isPromise, settlePromises } from './promises.ts'
import type { Protect } from './privacy.ts'
import { schemaViolation, validateSync } from './schema.ts'

/** What a mapping makes of one event. Never an exception: an event that cannot be mapped says why. */
export type Mapped =
  | {
      readonly outcome: 'applied'
      readonly key: Uint8Array
      readonly position: bigint
      readonly type: string
      readonly rows: readonly RelationRow[]
    }
  | { readonly outcome: 'ignored'; readonly key: Uint8Array; readonly position: bigint; readonly type: string }
  | {
      readonly outcome: 'quarantined'
      readonly key: Uint8Array | undefined
      readonly position: bigint | undefined
      /** null when the event has no type that is a string; undefined when it was not read. */
      readonly type: string | null | undefined
      readonly reason: string
    }

/**
 * A mapping ready to run: the paths are parsed once. `key` is the event's key as its bytes have it, `eventKeyOf`; without it, the
 * key is that of the decoded `_id`. `generation` stamps the rows of an event that another definition has captured.
 */
export type Mapper = (event: Event, origin: Origin, key?: Uint8Array, generation?: number) => Mapped

/** What a mapping needs apart from its definition. */
export interface MapperOptions {
  readonly protect: Protect | undefined
  /** The number that stamps carry. */
  readonly generation: number
  /** How a table is laid out in the warehouse. */
  readonly layoutOf: (table: TargetTable) => TableLayout
}

type Event = Readonly<Record<string, unknown>>

/** How many characters of a thrown message a reason keeps. */
const MAX_REASON = 2000

/** What tells an event from others, and the generation of what it writes. */
interface Identity {
  readonly key: Uint8Array
  readonly position: bigint
  readonly type: string
  readonly generation: number
}

/** The one place where events become rows; observer, sink, migrate and testing all go through it. */
export function createMapper(migration: Migration, { protect, generation: own, layoutOf }: MapperOptions): Mapper {
  const { name, handlers, include, schemas, source } = migration
  const identify = createIdentifier(migration)
  const timeOf = reader(source.time)
  const tables: ReadonlySet<unknown> = new Set(Object.values(migration.tables))

  const applied = (
    { key, position, type, generation }: Identity,
    operations: readonly Operation[],
    origin: Origin,
    event: Event,
  ): Mapped => {
    const stamp = stampOfKey(position, key, generation, name)
    const rows = rowsOf(operations, stamp, origin, instantIn(timeOf(event)), layoutOf)
    return { outcome: 'applied', key, position, type, rows }
  }

  const carryOut = (event: Event, origin: Origin, identity: Identity, handler: AnyHandler): Mapped => {
    const { key, position, type } = identity
    const frozen = deepFreeze(protect ? protect(event) : event)
    if (include && !included(name, () => include(frozen))) return { outcome: 'ignored', key, position, type }
    const schema = schemas.get(type)
    const violation =
      schema &&
      ask(`The schema of ${type}`, () =>
        schemaViolation('The event does not fit its schema', validateSync(schema, frozen)),
      )
    if (violation !== undefined) return quarantined(identity, violation)
    const returned = ask(`The handler of ${type}`, () => handler(frozen))
    try {
      return applied(identity, operationsOf(returned, tables), origin, event)
    } catch (thrown) {
      settlePromises(returned)
      throw thrown
    }
  }

  return (event, origin, known, generation = own) => {
    const identified = identify(event, known, generation)
    if (identified.outcome === 'quarantined') return identified
    const { identity } = identified
    const { key, position, type } = identity
    const handler = handlers.get(type)
    if (handler === undefined) {
      return quarantined(identity, `The migration ${name} has no handler for the type ${show(type)}.`)
    }
    if (handler === 'ignore') return { outcome: 'ignored', key, position, type }
    try {
      return carryOut(event, origin, identity, handler)
    } catch (thrown) {
      return quarantined(identity, reasonOf(thrown))
    }
  }
}

type Identified =
  | { readonly outcome: 'identified'; readonly identity: Identity }
  | Extract<Mapped, { outcome: 'quarantined' }>

/** Reads what tells an event from others. When a part is missing, the event is quarantined with the parts that could be read. */
function createIdentifier({
  source,
}: Migration): (event: Event, key: Uint8Array | undefined, generation: number) => Identified {
  const typeOf = reader(source.type)
  const orderOf = reader(source.order)
  return (event, known, generation) => {
    const given = typeOf(event)
    const type = typeof given === 'string' ? given : null
    let key: Uint8Array
    try {
      key = known ?? eventKey(event['_id'])
    } catch (thrown) {
      return quarantined({ type }, `The event's _id cannot be used: ${messageOf(thrown)}.`)
    }
    const position = positionOf(orderOf(event))
    if (position === undefined) {
      return quarantined({ key, type }, `The event's ${source.order} is neither an integer of 64 bits nor a Date.`)
    }
    if (type === null) return quarantined({ key, position, type }, `The event's ${source.type} is not a string.`)
    return { outcome: 'identified', identity: { key, position, type, generation } }
  }
}

function quarantined(
  { key, position, type }: Partial<Omit<Identity, 'type'>> & { readonly type: string | null },
  reason: string,
): Extract<Mapped, { outcome: 'quarantined' }> {
  return { outcome: 'quarantined', key, position, type, reason }
}

/** What user code gives. What it throws, it throws as a ChangeoverError that says `who` threw. */
function ask<T>(who: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof ChangeoverError) throw thrown
    throw new ChangeoverError('VALUE', `${who} threw: ${messageOf(thrown, MAX_REASON)}`)
  }
}

function included(migration: string, include: () => unknown): boolean {
  const who = `The include of the migration ${migration}`
  const answer = ask(who, include)
  if (!ask(who, () => isPromise(answer))) return Boolean(answer)
  throw new ChangeoverError('DEFINITION', `${who} returned a promise.`, {
    remedy: 'Make it a function that returns true or false: a mapping is a pure function of the event.',
  })
}

/** Why an event was refused: in the package's own words, or what else was thrown on the way. */
function reasonOf(thrown: unknown): string {
  const message = messageAndRemedyOf(thrown, MAX_REASON)
  return thrown instanceof ChangeoverError ? message : `The event cannot be mapped: ${message}`
}

/** An instant as a cell, or NULL when the value is not one. */
function instantIn(value: unknown): Cell {
  const cell = value instanceof Date ? datetime.encode(value) : null
  return cell instanceof Misfit ? null : cell
}

/** Freezes what can be frozen: bytes cannot. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}

import { ChangeoverError } from '../core/index.ts'
import { assertDistinctNames, type AnyTable, type Operation, MAX_REVISION } from '../star/index.ts'
import type { Path, ValueAt } from './path.ts'
import { checkSource, type Source } from './source.ts'
import type { StandardSchema } from './schema.ts'

/** What an event does: operations on rows, in the order given. Pure: it sees a frozen event and nothing else. */
export type Handler<E> = (event: E) => Operation | readonly Operation[]

/** A migration as the user writes it. */
export interface MigrationSpec<E, T extends Path<E>, Tables extends Readonly<Record<string, AnyTable>>> {
  /** Names the receipts and the checkpoints in the warehouse, and the write flag. */
  readonly name: string
  readonly source: Source<Path<E>> & { readonly type: T }
  /** The tables that events write to, by any name. */
  readonly tables: Tables
  /**
   * What a raised revision says: the mapping was corrected, and what the same events wrote before is to be replaced.
   * 1 to 255.
   *
   * @defaultValue 1
   */
  readonly revision?: number
  /**
   * Which events count at all; those of tests and demonstrations may be left out. Pure, like a handler. An event for which it
   * throws goes to the quarantine.
   *
   * @defaultValue all
   */
  readonly include?: (event: E) => boolean
  /** Schemas of any Standard Schema library, by event type: an event that does not fit goes to the quarantine. */
  readonly schemas?: { readonly [K in ValueAt<E, T> & string]?: StandardSchema }
  /** A handler for each event type; `'ignore'` for those that the warehouse has no use for. */
  readonly on: Handlers<E, T>
}

/** One handler per event type, none left out. */
export type Handlers<E, T extends string> = {
  readonly [K in ValueAt<E, T> & string]: Handler<EventOf<E, T, K>> | 'ignore'
}

/** The members of the union that may be of this type: one member may be of several. */
type EventOf<E, T extends string, K> = E extends unknown ? (K extends ValueAt<E, T> ? E : never) : never

/** A migration: definitions, checked and frozen. `Tables` keeps the tables' types for the reports. */
export interface Migration<Tables extends Readonly<Record<string, AnyTable>> = Readonly<Record<string, AnyTable>>> {
  readonly name: string
  readonly source: Source
  readonly tables: Tables
  readonly revision: number
  readonly handlers: ReadonlyMap<string, Handler<never> | 'ignore'>
  readonly include: ((event: never) => boolean) | undefined
  readonly schemas: ReadonlyMap<string, StandardSchema>
}

/** @defaultValue of {@link MigrationSpec.revision} */
export const DEFAULT_REVISION = 1

/**
 * Defines a migration of the event union `E`: `defineMigration<AppEvent>()({ … })`. Called twice so that the event type is
 * given and everything else is inferred. Throws a ChangeoverError `DEFINITION`.
 */
export function defineMigration<E>(): <
  const T extends Path<E>,
  const Tables extends Readonly<Record<string, AnyTable>>,
>(
  spec: MigrationSpec<E, T, Tables>,
) => Migration<Tables> {
  return (spec) => {
    checkName(spec.name)
    const revision = spec.revision ?? DEFAULT_REVISION
    if (!Number.isInteger(revision) || revision < 1 || revision > MAX_REVISION) {
      throw new ChangeoverError('DEFINITION', `The revision of the migration ${spec.name} is ${revision}.`, {
        remedy: `Use a whole number from 1 to ${MAX_REVISION}.`,
      })
    }
    checkSource(spec.name, spec.source)
    const names = new Set<string>()
    for (const [name, table] of Object.entries<AnyTable | undefined>(spec.tables)) {
      if (table?.layout === undefined) {
        throw new ChangeoverError('DEFINITION', `The migration ${spec.name} has a table ${name} that is not a table.`, {
          remedy: 'List what dimension(…) and fact(…) give; an import cycle may have left it undefined.',
        })
      }
      if (names.has(table.name)) {
        throw new ChangeoverError('DEFINITION', `The migration ${spec.name} has two tables named ${table.name}.`)
      }
      names.add(table.name)
    }
    assertDistinctNames(Object.values(spec.tables))
    const handlers = new Map(Object.entries(spec.on)) as Map<string, Handler<never> | 'ignore'>
    for (const [type, handler] of handlers) checkHandler(spec.name, type, handler)
    const schemas = new Map(Object.entries((spec.schemas ?? {}) as Record<string, StandardSchema>))
    for (const [type, schema] of schemas) checkSchema(spec.name, type, schema, handlers)
    const { name, source, tables, include } = spec
    if (include) checkPlain(`The include of the migration ${name}`, include)
    return Object.freeze({ name, source, tables, revision, handlers, include, schemas })
  }
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_]{0,39}$/.test(name)) return
  throw new ChangeoverError('DEFINITION', `The migration's name, ${JSON.stringify(name)}, cannot name its tables.`, {
    remedy: 'Begin with a letter and use lower-case letters, digits and underscores, at most 40 of them.',
  })
}

function checkHandler(migration: string, type: string, handler: unknown): void {
  if (handler === 'ignore') return
  if (typeof handler !== 'function') {
    throw new ChangeoverError(
      'DEFINITION',
      `The migration ${migration} has no handler for ${type}: it is ${typeof handler}.`,
      {
        remedy: "Write a function of the event, or 'ignore'.",
      },
    )
  }
  checkPlain(`The handler of ${type} in the migration ${migration}`, handler)
}

function checkPlain(what: string, given: Function): void {
  if (given.constructor.name === 'Function') return
  throw new ChangeoverError('DEFINITION', `${what} is asynchronous or a generator.`, {
    remedy:
      'A mapping is a pure function of the event: look up nothing, and let a later event or a view bring the rest.',
  })
}

function checkSchema(
  migration: string,
  type: string,
  schema: StandardSchema | undefined,
  handlers: ReadonlyMap<string, unknown>,
): void {
  const what = `The migration ${migration} has a schema for ${type}`
  if (!handlers.has(type)) {
    throw new ChangeoverError('DEFINITION', `${what}, and no handler.`, { remedy: 'Name the event type as `on` does.' })
  }
  if (typeof schema?.['~standard']?.validate === 'function') return
  throw new ChangeoverError('DEFINITION', `${what} that is not a Standard Schema.`, {
    remedy: 'Give a schema of a library that follows https://standardschema.dev, such as Valibot, Zod or ArkType.',
  })
}

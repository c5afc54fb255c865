import { ChangeoverError, nearest } from '../core/index.ts'
import { assertDistinctNames, type AnyTable } from '../star/index.ts'
import { isObject, kindOfValue } from './given.ts'
import { assertUniqueNames } from './unique-names.ts'
import { checkSchema, type StandardSchema } from './schema.ts'

/** Checks that a spec is an object, as the types demand, before it is taken apart. Throws a ChangeoverError `DEFINITION`. */
export function checkSpec(spec: unknown): void {
  if (isObject(spec)) return checkNames('The migration', spec, SPEC)
  throw new ChangeoverError('DEFINITION', `defineMigration()(…) was given ${kindOfValue(spec)}.`, {
    remedy: CALL_TWICE,
  })
}

const SPEC: Readonly<Record<string, true>> = Object.freeze({
  name: true,
  source: true,
  tables: true,
  revision: true,
  include: true,
  schemas: true,
  on: true,
})

/** Refuses a part whose name is near that of one which exists. Throws a ChangeoverError `DEFINITION`. */
function checkNames(owner: string, given: object, known: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const meant = nearest(name, Object.keys(known))
    if (meant === undefined) continue
    throw new ChangeoverError('DEFINITION', `${owner} has a part ${name}, which does not exist.`, {
      remedy: `Write ${meant}.`,
    })
  }
}

/** Refuses a spec in the first call, whose result would be a function and not a migration. Throws a ChangeoverError `DEFINITION`. */
export function checkFirstCall(given: number): void {
  if (given === 0) return
  throw new ChangeoverError('DEFINITION', 'defineMigration was given the migration in its first call.', {
    remedy: CALL_TWICE,
  })
}

const CALL_TWICE = 'Call it twice: defineMigration<Event>()({ name, source, tables, on })'

/** Checks that the parts that are objects are. Throws a ChangeoverError `DEFINITION`. */
export function checkParts(
  migration: string,
  parts: Readonly<Record<'source' | 'tables' | 'schemas' | 'on', unknown>>,
): void {
  for (const [part, given] of Object.entries(parts)) {
    if (isObject(given)) continue
    throw new ChangeoverError('DEFINITION', `The ${part} of the migration ${migration} is ${kindOfValue(given)}.`, {
      remedy: `Write an object: ${part}: { ... }`,
    })
  }
}

const MAX_REVISION = 255

/** Checks a revision. Throws a ChangeoverError `DEFINITION`. */
export function checkRevision(migration: string, revision: number): void {
  if (Number.isInteger(revision) && revision >= 1 && revision <= MAX_REVISION) return
  throw new ChangeoverError('DEFINITION', `The revision of the migration ${migration} is ${revision}.`, {
    remedy: `Use a whole number from 1 to ${MAX_REVISION}.`,
  })
}

/** Checks that tables are tables, and that no two share a name. Throws a ChangeoverError `DEFINITION`. */
export function checkTables(migration: string, tables: Readonly<Record<string, AnyTable | undefined>>): void {
  const known: AnyTable[] = []
  for (const [name, table] of Object.entries(tables)) {
    if (table?.layout === undefined) {
      throw new ChangeoverError('DEFINITION', `The migration ${migration} has a table ${name} that is not a table.`, {
        remedy: 'List what dimension(…) and fact(…) return. An import cycle may have left it undefined.',
      })
    }
    known.push(table)
  }
  assertUniqueNames(`The migration ${migration}`, 'tables', known)
  assertDistinctNames(known)
}

/** Checks the handlers by event type. Throws a ChangeoverError `DEFINITION`. */
export function checkHandlers(migration: string, handlers: ReadonlyMap<string, unknown>): void {
  for (const [type, handler] of handlers) {
    if (handler === 'ignore') continue
    if (typeof handler !== 'function') {
      const what = `The migration ${migration} has no handler for ${type}: it is ${typeof handler}.`
      throw new ChangeoverError('DEFINITION', what, { remedy: "Write a function of the event, or 'ignore'." })
    }
    checkSynchronous(`The handler of ${type} in the migration ${migration}`, handler)
  }
}

/** Checks the schemas by event type. Throws a ChangeoverError `DEFINITION`. */
export function checkSchemas(
  migration: string,
  schemas: ReadonlyMap<string, StandardSchema | undefined>,
  handlers: ReadonlyMap<string, unknown>,
): void {
  for (const [type, schema] of schemas) {
    const what = `The migration ${migration} has a schema for ${type}`
    if (!handlers.has(type)) {
      throw new ChangeoverError('DEFINITION', `${what}, and no handler.`, {
        remedy: 'Name the event type as `on` does.',
      })
    }
    checkSchema(what, schema)
  }
}

/** Refuses a function that cannot be a mapping: one that is asynchronous or a generator. Throws a ChangeoverError `DEFINITION`. */
export function checkSynchronous(what: string, given: Function): void {
  if (given.constructor.name === 'Function') return
  throw new ChangeoverError('DEFINITION', `${what} is asynchronous or a generator.`, {
    remedy:
      'A mapping is a pure function of the event: look nothing up, and let a later event or a view supply the rest.',
  })
}

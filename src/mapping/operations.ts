import { ChangeoverError, isPlainObject, messageOf } from '../core/index.ts'
import type { Operation } from '../star/index.ts'
import { isPromise } from './promises.ts'

/** The operations that a handler returned, as a list. Throws a ChangeoverError `DEFINITION` when anything else is among them. */
export function operationsOf(result: unknown, tables: ReadonlySet<unknown>): readonly Operation[] {
  try {
    const given: readonly unknown[] = Array.isArray(result) ? result : [result]
    return Array.from(given, (value) => checkedOperation(value, tables))
  } catch (thrown) {
    if (thrown instanceof ChangeoverError) throw thrown
    throw notAnOperation(`something that cannot be read: ${messageOf(thrown, 200)}`)
  }
}

/** By its shape, not by a class: an operation is plain data, and a handler without types may return anything. */
function checkedOperation(value: unknown, tables: ReadonlySet<unknown>): Operation {
  if (isPromise(value)) throw notAnOperation('a promise')
  if (!isPlainObject(value) || !('table' in value && 'kind' in value && 'key' in value && 'values' in value)) {
    throw notAnOperation(`something that is not an operation (${kindOf(value)})`)
  }
  const { table, kind, key, values } = value
  if (!tables.has(table))
    throw notAnOperation(`an operation on ${nameOf(table)}, which is not among the migration's tables`)
  if (!isKind(kind)) {
    const shown = typeof kind === 'string' ? JSON.stringify(kind.slice(0, 40)) : kindOf(kind)
    throw notAnOperation(`an operation on ${nameOf(table)} of an unknown kind (${shown})`)
  }
  for (const [part, given] of Object.entries({ key, values })) {
    if (!isPlainObject(given)) {
      throw notAnOperation(`an operation on ${nameOf(table)} whose ${part} is not a plain object (${kindOf(given)})`)
    }
  }
  return value as unknown as Operation
}

const KINDS: readonly unknown[] = ['create', 'edit', 'delete', 'erase'] satisfies Operation['kind'][]

function isKind(kind: unknown): kind is Operation['kind'] {
  return KINDS.includes(kind)
}

/** What a value is, in a word: the name of its class, or its type. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object' || isPlainObject(value)) return typeof value
  if (Array.isArray(value)) return 'an array'
  const { constructor } = value as { readonly constructor?: unknown }
  return typeof constructor === 'function' && constructor.name !== '' ? `a ${constructor.name}` : 'object'
}

function nameOf(table: unknown): string {
  const { name } = (table ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : 'something that is not a table'
}

function notAnOperation(what: string): ChangeoverError {
  return new ChangeoverError('DEFINITION', `A handler returned ${what}.`, {
    remedy: 'Return what create, edit, delete and erase of a table return, or an array of those.',
  })
}

import { ChangeoverError } from '../core/index.ts'
import type { Operation } from '../star/index.ts'

/** The operations that a handler returned, as a list. Throws a ChangeoverError `DEFINITION` when anything else is among them. */
export function operationsOf(result: unknown, tables: ReadonlySet<unknown>): readonly Operation[] {
  const given: readonly unknown[] = Array.isArray(result) ? result : [result]
  return Array.from(given, (value) => checkedOperation(value, tables))
}

function checkedOperation(value: unknown, tables: ReadonlySet<unknown>): Operation {
  if (isOperation(value)) {
    if (tables.has(value.table)) return value
    throw notAnOperation(`an operation on ${value.table.name}, which is not among the migration's tables`)
  }
  if (value instanceof Promise) {
    // Without a handler, its rejection would end the process.
    value.catch(() => {})
    throw notAnOperation('a promise')
  }
  throw notAnOperation(`something that is not an operation (${value === null ? 'null' : typeof value})`)
}

/** By its shape, not by its class: an operation is plain data, and a handler without types may return anything. */
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

function notAnOperation(what: string): ChangeoverError {
  return new ChangeoverError('DEFINITION', `A handler returned ${what}.`, {
    remedy: 'Return what create, edit, delete and erase of a table return, or an array of those.',
  })
}

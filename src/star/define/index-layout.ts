import { hash } from 'node:crypto'
import { ChangeoverError, ownOf } from '../../core/index.ts'
import type { RelationIndex } from '../rows/relation.ts'
import type { DataType } from '../types/data-type.ts'
import type { DefinedColumn, TableDefinition } from './definition.ts'
import type { PhysicalNames } from './names.ts'

/** InnoDB's limits for one index. */
const MAX_INDEX_BYTES = 3072
const MAX_INDEX_COLUMNS = 16
/** MySQL allows 64 characters. */
const MAX_INDEX_NAME = 64
const HASH_CHARACTERS = 8
/** A number that cannot be part of a key, but of an index: a double. */
const NUMBER_BYTES = 8

/** The indexes of a definition. Throws a ChangeoverError `DEFINITION` if one of them cannot be made. */
export function indexesOf(
  { kind, name, index }: Pick<TableDefinition, 'kind' | 'name' | 'index'>,
  columns: readonly DefinedColumn[],
  { columns: physical }: PhysicalNames,
): RelationIndex[] {
  const types = new Map(columns.map((column) => [column.name, column.type]))
  const place = `The ${kind} ${name}`
  const made = new Set<string>()
  return index.map((names) => {
    const what = `${place}: the index on ${names.join(', ') || 'no columns'}`
    checkColumns(what, names, types)
    const known = JSON.stringify(names)
    if (made.has(known)) throw refused(`${what} is defined twice`, 'Remove one of the two.')
    made.add(known)
    return { name: indexName(names), columns: names.map((column) => ownOf(physical, column) ?? column) }
  })
}

function checkColumns(what: string, names: readonly string[], types: ReadonlyMap<string, DataType>): void {
  if (names.length === 0 || names.length > MAX_INDEX_COLUMNS) {
    throw refused(`${what} has ${names.length} columns`, `Name from 1 to ${MAX_INDEX_COLUMNS} columns.`)
  }
  let bytes = 0
  for (const [i, name] of names.entries()) {
    const type = types.get(name)
    if (type === undefined) {
      throw refused(
        `${what} names ${name}, which is not a column of it`,
        `Name columns of ${[...types.keys()].join(', ')}.`,
      )
    }
    if (names.indexOf(name) !== i) throw refused(`${what} names ${name} twice`, 'Name each column once.')
    if (type.canonical === 'digest') {
      throw refused(
        `${what} names ${name} of type ${type.name}, which cannot be indexed`,
        `Make ${name} a varchar(n), or add a column with what reports search for.`,
      )
    }
    bytes += type.keyBytes ?? NUMBER_BYTES
  }
  if (bytes <= MAX_INDEX_BYTES) return
  throw refused(
    `${what} takes up to ${bytes} bytes; MySQL indexes at most ${MAX_INDEX_BYTES}`,
    'Shorten its columns (a character takes up to 4 bytes), or name fewer.',
  )
}

/** Named after its columns. The hash tells `a_b, c` from `a, b_c`, and what was cut off. */
function indexName(columns: readonly string[]): string {
  const suffix = `_${hash('sha256', JSON.stringify(columns)).slice(0, HASH_CHARACTERS)}`
  return `ix_${columns.join('_')}`.slice(0, MAX_INDEX_NAME - suffix.length) + suffix
}

function refused(sentence: string, remedy: string): ChangeoverError {
  return new ChangeoverError('DEFINITION', `${sentence}.`, { remedy })
}

import { calendar, relationsOf, viewNamesOf } from '../../star/index.ts'
import type { Schema } from '../step.ts'

/** What a sharded keyspace of Vitess needs to know: which column decides on which shard a row is. */
export interface VSchema {
  readonly sharded: true
  readonly vindexes: { readonly binary_md5: { readonly type: 'binary_md5' } }
  readonly tables: Readonly<Record<string, VSchemaTable>>
}

export interface VSchemaTable {
  readonly column_vindexes: readonly [{ readonly column: string; readonly name: 'binary_md5' }]
}

/**
 * The vschema for these tables: each is sharded by the first column of its key, so all rows of a key are on one shard. The keys are
 * hashed by their bytes, as the tables compare them. Views are listed as tables, so that Vitess leaves them to the shards.
 *
 * @example
 * import { schemaOf } from 'changeover/migrate'
 * import { vschemaOf } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * console.log(JSON.stringify(vschemaOf(schemaOf([history])), null, 2))
 */
export function vschemaOf({ tables, internal, calendar: range }: Schema): VSchema {
  const all = range && !tables.includes(calendar) ? [...tables, calendar] : tables
  const byTable = [...all.flatMap(relationsOf), ...internal].map(({ name, columns }) => sharded(name, columns[0]!.name))
  const byView = all.flatMap((table) =>
    Object.values(viewNamesOf(table)).map((name) => sharded(name, Object.keys(table.key)[0]!)),
  )
  return {
    sharded: true,
    vindexes: { binary_md5: { type: 'binary_md5' } },
    tables: Object.fromEntries([...byTable, ...byView]),
  }
}

function sharded(name: string, column: string): [string, VSchemaTable] {
  return [name, { column_vindexes: [{ column, name: 'binary_md5' }] }]
}

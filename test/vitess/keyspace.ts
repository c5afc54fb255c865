import { createConnection } from 'mysql2/promise'
import { inject } from 'vitest'
import { codeOf, until } from '../../src/core/index.ts'
import { planWarehouse } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { relationsOf, type Relation } from '../../src/star/index.ts'
import {
  mysqlWarehouse,
  vschemaOf,
  type MysqlWarehouseOptions,
  type Schema,
  type Warehouse,
} from '../../src/warehouse/index.ts'

/**
 * A warehouse with these tables in the keyspace, which is emptied first: Vitess creates no database for each suite. Done as an operator
 * would: the vschema first, then the plan, with which the definitions of these migrations are registered.
 */
export async function shardedWarehouse(
  schema: Schema,
  migrations: readonly Migration[] = [],
  options?: MysqlWarehouseOptions,
): Promise<Warehouse> {
  const url = inject('vitessUrl')
  await emptyKeyspace(url, schema)
  const warehouse = mysqlWarehouse(url, options)
  await warehouse.apply(await warehouse.plan(schema))
  if (migrations.length > 0) await warehouse.apply((await planWarehouse(warehouse, migrations)).steps)
  await untilGateKnows(warehouse, [...schema.tables.flatMap(relationsOf), ...schema.internal])
  return warehouse
}

/**
 * Waits until every column of these tables can be named. A gate asks the shards for a table that has changed after a second, and knows
 * it as an earlier suite left it until then.
 */
export async function untilGateKnows(warehouse: Warehouse, relations: readonly Relation[]): Promise<void> {
  const isKnown = async (): Promise<boolean> => {
    try {
      for (const relation of relations) await Array.fromAsync(warehouse.scan(relation))
      return true
    } catch (thrown) {
      if (codeOf(thrown) === 'SCHEMA') return false
      throw thrown
    }
  }
  await until(isKnown, { signal: AbortSignal.timeout(20_000) })
}

async function emptyKeyspace(url: string, schema: Schema): Promise<void> {
  if (!/test/.test(new URL(url).pathname))
    throw new Error('VITESS_URL names a keyspace that is not for tests: they empty it.')
  const connection = await createConnection(url)
  try {
    const [present] = await connection.query({ sql: 'SHOW FULL TABLES', rowsAsArray: true })
    for (const [name, type] of present as [string, string][]) {
      await connection.query(`DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} \`${name}\``)
    }
    for (const [name, { column_vindexes: vindexes }] of Object.entries(vschemaOf(schema).tables)) {
      // What an earlier suite said of it; an error when none did.
      await connection.query(`ALTER VSCHEMA DROP TABLE \`${name}\``).catch(() => {})
      for (const { column, name: vindex } of vindexes) {
        await connection.query(
          `ALTER VSCHEMA ON \`${name}\` ADD VINDEX \`${vindex}\` (\`${column}\`) USING \`${vindex}\``,
        )
      }
    }
  } finally {
    await connection.end()
  }
}

import { createConnection, type Connection } from 'mysql2/promise'
import { inject } from 'vitest'
import { propertyOf, until } from '../../src/core/index.ts'
import { planWarehouse } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { mysqlWarehouse, vschemaOf, type Schema, type VSchema, type Warehouse } from '../../src/warehouse/index.ts'

const ER_BAD_FIELD_ERROR = 1054

/**
 * A warehouse with these tables in the keyspace, which is emptied first: Vitess creates no database for each suite. Done as an operator
 * would: the vschema first, then the plan, with which the definitions of these migrations are registered.
 */
export async function shardedWarehouse(schema: Schema, migrations: readonly Migration[] = []): Promise<Warehouse> {
  const url = inject('vitessUrl')
  if (!/test/.test(new URL(url).pathname))
    throw new Error('VITESS_URL names a keyspace that is not for tests: they empty it.')
  const vschema = vschemaOf(schema)
  const connection = await createConnection(url)
  try {
    await dropAll(connection)
    await applyVSchema(connection, vschema)
    const warehouse = mysqlWarehouse(url)
    await warehouse.apply(await warehouse.plan(schema))
    for (const name of Object.keys(vschema.tables)) {
      await until(() => isKnown(connection, name), { signal: AbortSignal.timeout(20_000) })
    }
    if (migrations.length > 0) await warehouse.apply((await planWarehouse(warehouse, migrations)).steps)
    return warehouse
  } finally {
    await connection.end()
  }
}

async function dropAll(connection: Connection): Promise<void> {
  const [present] = await connection.query({ sql: 'SHOW FULL TABLES', rowsAsArray: true })
  for (const [name, type] of present as [string, string][]) {
    await connection.query(`DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} \`${name}\``)
  }
}

async function applyVSchema(connection: Connection, { tables }: VSchema): Promise<void> {
  for (const [name, { column_vindexes: vindexes }] of Object.entries(tables)) {
    // What an earlier suite said of it; an error when none did.
    await connection.query(`ALTER VSCHEMA DROP TABLE \`${name}\``).catch(() => {})
    for (const { column, name: vindex } of vindexes) {
      await connection.query(
        `ALTER VSCHEMA ON \`${name}\` ADD VINDEX \`${vindex}\` (\`${column}\`) USING \`${vindex}\``,
      )
    }
  }
}

/** Whether the gate knows the columns that a table has now. It asks the shards a second later, and until then has those of an earlier suite. */
async function isKnown(connection: Connection, name: string): Promise<boolean> {
  const [columns] = await connection.query(`SHOW COLUMNS FROM \`${name}\``)
  const names = (columns as { Field: string }[]).map(({ Field }) => Field)
  try {
    await connection.query(`SELECT \`${names.join('`, `')}\` FROM \`${name}\` LIMIT 0`)
    const [, fields] = await connection.query(`SELECT * FROM \`${name}\` LIMIT 0`)
    return fields.map((field) => field.name).join() === names.join()
  } catch (thrown) {
    if (propertyOf(thrown, 'errno') === ER_BAD_FIELD_ERROR) return false
    throw thrown
  }
}

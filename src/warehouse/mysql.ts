import { ChangeoverError } from '../core/index.ts'
import { MysqlMerge } from './merge/mysql-merge.ts'
import { resolveOptions, type MysqlWarehouseOptions } from './options.ts'
import type { Warehouse } from './port.ts'
import { MysqlRead } from './read/mysql-read.ts'
import { MysqlReports } from './reports.ts'
import { MysqlSchema } from './schema/mysql-schema.ts'
import { SqlSession } from './session.ts'

/**
 * A warehouse in MySQL (8.0.19 or later) or MariaDB (10.6 or later). Connects on first use.
 *
 * @param url `mysql://user:password@host:3306/database`; `?ssl={}` and the driver's other options may follow
 *
 * Throws a ChangeoverError `CONFIG` when the address is missing or not a MySQL URL, or an option is out of range.
 *
 * @example
 * import { planWarehouse } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * await warehouse.apply((await planWarehouse(warehouse, [history])).steps)
 */
export function mysqlWarehouse(url: string | undefined, options: MysqlWarehouseOptions = {}): Warehouse {
  const resolved = resolveOptions(options)
  if (!url) {
    throw new ChangeoverError('CONFIG', 'The address of the warehouse is missing.', {
      remedy: 'Pass mysql://user:password@host:3306/database, for example from the environment variable MYSQL_URL.',
    })
  }
  const session = new SqlSession(url, resolved)
  const merge = new MysqlMerge(session)
  const read = new MysqlRead(session)
  const schema = new MysqlSchema(session)
  const reports = new MysqlReports(url, resolved)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= Promise.all([session.close(), reports.close()]).then(() => {}))
  return {
    address: reports.address,
    counters: session.counters,
    hasRegistry: true,
    merge: (...given) => merge.merge(...given),
    find: (...given) => read.find(...given),
    scan: (...given) => read.scan(...given),
    countBy: (...given) => read.countBy(...given),
    outdated: (...given) => read.outdated(...given),
    buckets: (...given) => read.buckets(...given),
    conflicts: (...given) => read.conflicts(...given),
    dialect: (...given) => schema.dialect(...given),
    plan: (...given) => schema.plan(...given),
    apply: (...given) => schema.apply(...given),
    clear: (...given) => schema.clear(...given),
    reader: (...given) => reports.reader(...given),
    close,
    [Symbol.asyncDispose]: close,
  }
}

// Writes instants and reads them back in a process whose time zone its parent chose.
import { createConnection } from 'mysql2/promise'
import { column as c, dimension, type RowOf } from '../../src/exports/index.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { mysqlWarehouse } from '../../src/warehouse/index.ts'

const moment = dimension('moment', {
  key: { at: c.datetime() },
  columns: { day: c.date(), latest: c.datetime().max() },
})
const [, , url = '', ...instants] = process.argv

// Not `await using`: this file runs without being compiled, on every Node that is supported.
const warehouse = mysqlWarehouse(url)
await warehouse.apply(await warehouse.plan({ tables: [moment], internal: [] }))
for (const [i, text] of instants.entries()) {
  const at = new Date(text)
  const [written] = rowsOf([moment.create({ at }, { day: at, latest: at })], stampOf(BigInt(i), i, 1), 'live')
  await warehouse.merge(written!.relation, [written!.row])
}
const db = warehouse.reader<{ moment: RowOf<typeof moment> }>()
const rows = await db.selectFrom('moment').selectAll().orderBy('at').execute()
const connection = await createConnection(url)
const [found] = await connection.query('SELECT CAST(at AS CHAR) AS at FROM dim_moment ORDER BY dim_moment.at')
await connection.end()
const stored = found as { at: string }[]
process.stdout.write(
  JSON.stringify({ offset: new Date('2024-07-01').getTimezoneOffset(), rows, stored: stored.map(({ at }) => at) }),
)
await warehouse.close()

import { defineConfig, report } from 'changeover'
import { sql } from 'kysely'
import { revenueByDay } from './legacy-report.ts'
import { order, shop } from './migration.ts'

export const revenueByDayReport = report('revenue_by_day', {
  key: ['day'],
  tables: { order },
  legacy: (_params, { mongo }) => revenueByDay(mongo),
  warehouse: (_params, db) =>
    db
      .selectFrom('order')
      .where('cancelled_at', 'is', null)
      .select((eb) => [
        sql<Date>`date(placed_at)`.as('day'),
        eb.fn.countAll<number>().as('orders'),
        sql<number>`cast(sum(cents) as signed)`.as('cents'),
      ])
      .groupBy('day')
      .orderBy('day'),
})

export default defineConfig({ migrations: [shop], reports: [revenueByDayReport] })

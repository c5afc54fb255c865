import { defineConfig, report } from 'changeover'
import { sql } from 'kysely'
import { couriersByZone } from './legacy-report.ts'
import { courier, couriers, move } from './migration.ts'
import type { StoredEvent } from './model.ts'

export const couriersByZoneReport = report('couriers_by_zone', {
  key: ['zone'],
  tables: { courier, move },
  legacy: (_params, { mongo }) =>
    couriersByZone(mongo.collection<StoredEvent>('events').find().sort({ at: 1, _id: 1 })),
  warehouse: (_params, db) =>
    db
      .selectFrom((zones) =>
        zones
          .selectFrom('courier')
          .select(['zone', sql<number>`1`.as('couriers'), sql<number>`0`.as('moves')])
          .unionAll(
            zones.selectFrom('move').select(['zone', sql<number>`0`.as('couriers'), sql<number>`1`.as('moves')]),
          )
          .as('both'),
      )
      .select([
        'zone',
        sql<number>`cast(sum(couriers) as signed)`.as('couriers'),
        sql<number>`cast(sum(moves) as signed)`.as('moves'),
      ])
      .groupBy('zone')
      .orderBy('zone'),
})

export default defineConfig({ migrations: [couriers], reports: [couriersByZoneReport] })

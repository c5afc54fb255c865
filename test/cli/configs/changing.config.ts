import { column as c, defineConfig, defineMigration, dimension, report } from 'changeover'

/** Which definition it is. */
const is = process.env['DEFINITION'] ?? 'first'

type Rented = { _id: number; seq: number; no: number; type: 'rented'; at: Date; bike: number; station: string }

const bike = dimension('bike', {
  key: { id: c.int() },
  columns: {
    station: is === 'personal' ? c.varchar(20).pii() : c.varchar(20),
    ...(is === 'first' ? {} : { seen: c.datetime().max().nullable() }),
  },
})
const rental = defineMigration<Rented>()({
  name: is === 'renamed' ? 'rentals' : 'rental',
  revision: is === 'lowered' ? 1 : 2,
  source: { collection: 'events', type: 'type', order: is === 'reordered' ? 'no' : 'seq', time: 'at' },
  tables: { bike },
  on: { rented: (e) => bike.create({ id: e.bike }, { station: e.station, ...(is === 'first' ? {} : { seen: e.at }) }) },
})

export default defineConfig({
  migrations: [rental],
  reports: [
    report('bikes_by_station', {
      key: ['station'],
      tables: { bike },
      legacy: () => [],
      warehouse: (_, db) =>
        db
          .selectFrom('bike')
          .groupBy('station')
          .select((e) => ['station', e.fn.countAll<number>().as('bikes')]),
    }),
    report('bikes', {
      key: ['id'],
      tables: { bike },
      legacy: () => [],
      warehouse: (_, db) => db.selectFrom('bike').selectAll(),
    }),
  ],
})

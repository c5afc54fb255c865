import { column as c, defineConfig, defineMigration, dimension } from 'changeover'

const one = dimension('thing', { key: { id: c.int() } })
const other = dimension('thing', { key: { id: c.bigint() } })
const migrationOf = (name: string, thing: typeof one | typeof other) =>
  defineMigration<{ _id: number; type: 'made'; at: Date }>()({
    name,
    source: { collection: 'events', type: 'type', order: '_id', time: 'at' },
    tables: { thing },
    on: { made: (e) => thing.create({ id: e._id }) },
  })

export default defineConfig({ migrations: [migrationOf('first', one), migrationOf('second', other)] })

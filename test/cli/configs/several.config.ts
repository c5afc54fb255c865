import { defineConfig, defineMigration, dimension, column as c } from 'changeover'

const thing = dimension('thing', { key: { id: c.int() } })
const stranger = dimension('stranger', { key: { id: c.int() } })
const source = { collection: 'events', type: 'type', order: '_id', time: 'at' } as const
type Made = { _id: number; type: 'made'; at: Date }

/** Two migrations; a handler of the second writes to a table that it does not list. */
const first = defineMigration<Made>()({ name: 'first', source, tables: { thing }, on: { made: 'ignore' } })
const second = defineMigration<Made>()({
  name: 'second',
  source,
  tables: { thing },
  // @ts-expect-error The compiler refuses it; JavaScript does not.
  on: { made: (e) => stranger.create({ id: e._id }) },
})

export default defineConfig({ migrations: [first, second] })

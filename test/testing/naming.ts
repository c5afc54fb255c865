import { column as c, defineMigration, dimension, fact, group } from '../../src/exports/index.ts'
import type { Handler, Migration } from '../../src/mapping/migration.ts'

/** An event of a small application. */
export interface Naming {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'named' | 'moved' | 'gone'
  readonly id: number
  readonly name: string
  readonly x?: number
}

const columns = {
  name: c.varchar(9).nullable(),
  random: c.double().nullable(),
  ...group('spot', { x: c.int().nullable(), y: c.int().nullable() }),
}
export const thing = dimension('thing', { key: { id: c.int() }, columns, history: true })
export const naming = fact('naming', { key: { id: c.int() }, measures: { name: c.varchar(9) } })

/** A mapping; `named` replaces its first handler. */
export function namings(
  named: Handler<Naming> = (e) => [
    thing.create({ id: e.id }, { name: e.name }),
    naming.create({ id: e._id }, { name: e.name }),
  ],
): Migration {
  return defineMigration<Naming>()({
    name: 'namings',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { thing, naming },
    on: {
      named,
      // With an x that is not there, an edit of a part of the group.
      moved: (e) => thing.edit({ id: e.id }, { x: e.x, y: 1 }),
      gone: (e) => thing.delete({ id: e.id }),
    },
  })
}

/** Good events, in order: positions tie, ids never do. */
export function someEvents(count = 60): Naming[] {
  const types = ['named', 'moved', 'named', 'gone', 'moved'] as const
  return Array.from({ length: count }, (_, i) => ({
    _id: i,
    seq: Math.floor(i / 3),
    at: new Date(Date.UTC(2024, 1, 29) + i),
    type: types[i % types.length]!,
    id: i % 4,
    name: `n${i}`,
    x: i,
  }))
}

import { ObjectId } from 'bson'
import fc from 'fast-check'
import { column as c, defineMigration, dimension, fact, group } from '../../src/exports/index.ts'
import type { Migration } from '../../src/mapping/migration.ts'
import { UGLY_TEXTS } from './everything.ts'

interface Change {
  readonly name?: string | null
  readonly size?: number | bigint
  readonly open?: boolean
  readonly mail?: string
  readonly at?: Date
  readonly spot?: { readonly x: number | null; readonly y?: number | null }
}
interface Base<Type extends string, Payload> {
  readonly _id: ObjectId
  readonly seq: number
  readonly type: Type
  readonly at: Date
  readonly entity: { readonly id: string }
  readonly payload: Payload
}
export type ThingEvent =
  | Base<'thing.created', Change>
  | Base<'thing.edited', Change>
  | Base<'thing.deleted', Change>
  | Base<'thing.forgotten', Change>
  | Base<'thing.moved', Change>
  | Base<'deed.noted', Change>
  | Base<'deed.undone', Change>
  | Base<'thing.viewed', Change>

export const thing = dimension('thing', {
  key: { id: c.varchar(40) },
  history: true,
  columns: {
    name: c.varchar(40).nullable(),
    size: c.bigint().default(0),
    mail: c.varchar(40).pii(),
    first_name: c.varchar(40).first().nullable(),
    first_mail: c.varchar(40).pii().first(),
    smallest: c.bigint().min().nullable(),
    last_seen: c.datetime().max().nullable(),
    ever_open: c.boolean().any().nullable(),
    always_open: c.boolean().all().nullable(),
    ...group('spot', { x: c.int().nullable(), y: c.int().nullable() }),
  },
})
const place = dimension('place', { key: { id: c.varchar(40), day: c.date() } })
export const deed = fact('deed', {
  key: { event_id: c.objectId() },
  dimensions: { thing, day: c.date() },
  measures: { size: c.decimal(20, 2).nullable(), mail: c.varchar(40).pii(), note: c.text().last().nullable() },
})
// A fact that is not keyed by its event: several events may each write all of it, and one of them wins as a whole.
export const tally = fact('tally', {
  key: { id: c.varchar(40) },
  measures: { size: c.bigint(), name: c.varchar(40).nullable() },
})

/** A mapping that uses every merge and every operation, on one table and on several at a time. */
export function things(revision = 1): Migration {
  return defineMigration<ThingEvent>()({
    name: 'things',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at', entity: 'entity.id' },
    tables: { thing, place, deed, tally },
    revision,
    on: {
      'thing.created': (e) => [
        thing.create({ id: e.entity.id }, fieldsOf(e.payload)),
        place.create({ id: e.entity.id, day: e.at }),
      ],
      'thing.edited': (e) => [
        thing.edit({ id: e.entity.id }, fieldsOf(e.payload)),
        ...(e.payload.size === undefined
          ? []
          : [deedOf(e), tally.create({ id: e.entity.id }, { size: e.payload.size, name: e.payload.name })]),
      ],
      'thing.deleted': (e) => [thing.delete({ id: e.entity.id }), place.delete({ id: e.entity.id, day: e.at })],
      'thing.forgotten': (e) => [thing.erase({ id: e.entity.id }), deed.erase({ event_id: deedId(e.entity.id) })],
      'thing.moved': (e) => [
        thing.delete({ id: e.entity.id }),
        thing.create({ id: `${e.entity.id}'` }, fieldsOf(e.payload)),
        thing.edit({ id: `${e.entity.id}'` }, { name: 'moved' }),
      ],
      'deed.noted': (e) => deed.edit({ event_id: deedId(e.entity.id) }, { note: e.payload.name }),
      'deed.undone': (e) => deed.delete({ event_id: deedId(e.entity.id) }),
      'thing.viewed': 'ignore',
    },
  })
}

function fieldsOf({ name, size, mail, open, at, spot }: Change) {
  return {
    x: spot?.x,
    y: spot?.y,
    name,
    size,
    mail,
    first_name: name,
    first_mail: mail,
    smallest: size,
    last_seen: at,
    ever_open: open,
    always_open: open,
  }
}

function deedOf(e: { entity: { id: string }; at: Date; payload: Change }) {
  const { size, mail } = e.payload
  return deed.create({ event_id: deedId(e.entity.id) }, { thing_id: e.entity.id, day: e.at, size, mail })
}

function deedId(id: string): string {
  return Buffer.from(id).toString('hex').padEnd(24, '0').slice(0, 24)
}

const KEYS = ['a', 'A', 'a ', 'á', '😀', "'); --"]
const DAYS = ['2024-02-29T23:59:59.999Z', '2024-03-01T00:00:00.000Z'].map((text) => new Date(text))
const TYPES = [
  'thing.created',
  'thing.created',
  'thing.edited',
  'thing.edited',
  'thing.edited',
  'thing.deleted',
  'thing.forgotten',
  'thing.moved',
  'deed.noted',
  'deed.undone',
  'thing.viewed',
]

const payload = fc.record(
  {
    name: fc.oneof(fc.constant(null), fc.constantFrom(...UGLY_TEXTS)),
    size: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2n ** 53n + 1n, -(2n ** 60n))),
    open: fc.boolean(),
    mail: fc.constantFrom('one', 'two', 'three'),
    at: fc.constantFrom(...DAYS),
    // Sometimes only part of a group, which an edit must not set.
    spot: fc.record({ x: fc.constantFrom(1, 2, null), y: fc.constantFrom(1, 2, null) }, { requiredKeys: ['x'] }),
  },
  { requiredKeys: [] },
)

/** An event as the application stores it. About one in ten cannot be mapped, for various reasons. */
const event = fc.record({
  seq: fc.integer({ min: 0, max: 12 }),
  type: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...TYPES) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>('thing.vanished', '__proto__', 7, null) },
  ),
  at: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom<unknown>(...DAYS) },
    { weight: 1, arbitrary: fc.constant('today') },
  ),
  entity: fc.record({
    id: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<unknown>(...KEYS) },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(7, 'x'.repeat(41)) },
    ),
  }),
  payload,
})

/** A history: documents in the order in which they were stored. Positions may tie; ids are unique. */
export const histories: fc.Arbitrary<Record<string, unknown>[]> = fc
  .array(event, { minLength: 1, maxLength: 30 })
  .map((events) => events.map((each, i) => ({ _id: idOf(i), ...each })))

function idOf(i: number): ObjectId {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(1_700_000_000 + (i >> 2), 0)
  bytes.writeUInt32BE(i, 8)
  return new ObjectId(bytes)
}

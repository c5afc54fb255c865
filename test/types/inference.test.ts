import type { Kysely, RawBuilder } from 'kysely'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  column as c,
  defineMigration,
  dimension,
  fact,
  group,
  optional,
  defineConfig,
  report,
  type LooseDatabase,
  type MemberOf,
  type Operation,
  type Report,
  type RowOf,
  type StandardSchema,
  type VersionOf,
} from '../../src/exports/index.ts'
import { asOf } from '../../src/exports/warehouse.ts'

const user = dimension('user', {
  key: { id: c.varchar(9) },
  columns: {
    name: c.varchar(9),
    mail: c.varchar(9).pii(),
    plan: c.enum('free', 'gold').default('free'),
    born: c.date().nullable(),
  },
})
const sale = fact('sale', {
  key: { id: c.bigint() },
  dimensions: { user, seller: user, day: c.date() },
  measures: { price: c.decimal(9, 2), at: c.datetime(), paid: c.boolean() },
})

describe('types', () => {
  test('of a row are what a query returns', () => {
    expectTypeOf<RowOf<typeof user>>().toEqualTypeOf<{
      readonly id: string
      readonly name: string
      readonly mail: string | null
      readonly plan: 'free' | 'gold'
      readonly born: string | null
    }>()
    expectTypeOf<RowOf<typeof sale>>().toEqualTypeOf<{
      readonly id: number | string
      readonly user_id: string
      readonly seller_id: string
      readonly day: string
      readonly price: string
      readonly at: Date
      readonly paid: number
    }>()
  })

  test('of an optional role are those of its key, or null', () => {
    const offer = fact('offer', { key: { id: c.int() }, dimensions: { user, agent: optional(user) } })
    expectTypeOf<RowOf<typeof offer>>().toEqualTypeOf<{
      readonly id: number
      readonly user_id: string
      readonly agent_id: string | null
    }>()
    offer.create({ id: 1 }, { user_id: 'a' })
    offer.create({ id: 1 }, { user_id: 'a', agent_id: null })
    // @ts-expect-error The other role is not optional.
    offer.create({ id: 1 }, { user_id: null, agent_id: 'a' })
    // @ts-expect-error A plain column is made nullable, not optional.
    expect(() => optional(c.int())).toThrow('not a dimension')
  })

  test('of a member and a version have what their views add', () => {
    const place = dimension('place', {
      key: { id: c.int() },
      columns: {
        ...group('spot', { x: c.int(), y: c.double().nullable() }),
        mail: c.text().pii(),
        seen: c.date().max().nullable(),
      },
      history: true,
    })
    type State = 'live' | 'deleted' | 'not yet arrived'
    expectTypeOf<MemberOf<typeof place>['member_state']>().toEqualTypeOf<State>()
    expectTypeOf<MemberOf<typeof place>['x']>().toEqualTypeOf<number | null>()
    expectTypeOf<MemberOf<typeof place>['id']>().toEqualTypeOf<number>()
    expectTypeOf<keyof VersionOf<typeof place>>().toEqualTypeOf<
      'id' | 'x' | 'y' | 'valid_from' | 'valid_to' | 'is_current'
    >()
    expectTypeOf<VersionOf<typeof place>['y']>().toEqualTypeOf<number | null>()
    expectTypeOf<VersionOf<typeof place>['valid_to']>().toEqualTypeOf<Date | null>()
    report('places', {
      key: ['x'],
      tables: { place, sale },
      legacy: () => [],
      warehouse: (_, db) => {
        // @ts-expect-error A fact has no members.
        db.selectFrom('sale_members')
        // @ts-expect-error A personal column has no history.
        db.selectFrom('place_history').select('mail')
        return db.selectFrom('place_members').innerJoin('place_history as v', 'v.id', 'place_members.id').select('v.x')
      },
    })
  })

  test('of a create require the columns that have neither a default nor NULL', () => {
    type Values = Parameters<typeof user.create>[1]
    expectTypeOf<{ name: string }>().toExtend<Values>()
    expectTypeOf<{ name: string; mail: null; plan: undefined }>().toExtend<Values>()
    expectTypeOf<{ mail: string }>().not.toExtend<Values>()
  })

  test('of a create require nothing when every column can be left out', () => {
    const day = dimension('day', { key: { day: c.date() }, columns: { name: c.varchar(9).nullable() } })
    expectTypeOf(day.create({ day: '2024-02-29' })).toEqualTypeOf<Operation<'day'>>()
    expectTypeOf(day.create({ day: new Date(0) }, { name: null })).toEqualTypeOf<Operation<'day'>>()
  })

  test('of a handler are the members of the union with its event type, at any depth', () => {
    type Event =
      | {
          readonly _id: string
          readonly seq: number
          readonly at: Date
          readonly meta: { readonly type: 'joined' }
          readonly mail: string
        }
      | {
          readonly _id: string
          readonly seq: number
          readonly at: Date
          readonly meta: { readonly type: 'left' | 'banned' }
        }
    const source = { collection: 'events', type: 'meta.type', order: 'seq', time: 'at' } as const
    defineMigration<Event>()({
      name: 'm',
      source,
      tables: { user },
      on: {
        joined: (e) => {
          expectTypeOf(e).toEqualTypeOf<Extract<Event, { mail: string }>>()
          return []
        },
        left: (e) => {
          expectTypeOf(e).toEqualTypeOf<Exclude<Event, { mail: string }>>()
          return []
        },
        banned: 'ignore',
      },
    })
  })

  test('of a report know the views by the names of its tables', () => {
    const spenders = report('spenders', {
      key: ['name'],
      tables: { anything: user, sale },
      params: { since: '2024-01-01' },
      legacy: ({ since }) => [{ name: since }],
      warehouse: ({ since }, db) => {
        const query = db
          .selectFrom('user')
          .innerJoin('sale', 'sale.user_id', 'user.id')
          .where('day', '>=', since)
          .select(['user.name', 'price'])
        expectTypeOf<Awaited<ReturnType<typeof query.executeTakeFirstOrThrow>>>().toEqualTypeOf<{
          name: string
          price: string
        }>()
        return query
      },
    })
    expectTypeOf(spenders).toEqualTypeOf<
      Report<{ since: string }, { name: string } | { name: string; price: string }>
    >()
  })

  test('of an as-of join are those of the fact and, by role, those of a version that may be missing', () => {
    const buyer = dimension('buyer', {
      key: { id: c.int() },
      columns: { tier: c.int(), buyer_name: c.varchar(9).nullable(), mail: c.varchar(9).pii() },
      history: true,
    })
    const paid = fact('paid', { key: { id: c.int() }, dimensions: { seller: buyer }, measures: { at: c.datetime() } })
    type Joined = {
      readonly id: number
      readonly seller_id: number
      readonly at: Date
      readonly seller_tier: number | null
      readonly seller_buyer_name: string | null
      readonly seller_valid_from: Date | null
      readonly seller_valid_to: Date | null
      readonly seller_is_current: number | null
    }
    expectTypeOf(asOf(paid, 'at', { seller: buyer })).toEqualTypeOf<RawBuilder<Joined>>()
  })

  test('of a report without tables give a loose database', () => {
    report('loose', {
      key: ['n'],
      legacy: (_, { mongo }) => mongo.collection('events').find().toArray(),
      warehouse: (_, db) => {
        expectTypeOf(db).toEqualTypeOf<Kysely<LooseDatabase>>()
        return db.selectFrom('anything').select(['n', 'm'])
      },
    })
  })

  test('of rows are those of the query when the old side names no columns', async () => {
    const people = report('people', {
      key: ['id'],
      tables: { user },
      legacy: () => [],
      warehouse: (_, db) => db.selectFrom('user').select(['id', 'plan']),
    })
    type People = { id: string; plan: 'free' | 'gold' }
    expectTypeOf(people).toEqualTypeOf<Report<Readonly<Record<string, never>>, People>>()
    expectTypeOf<Awaited<ReturnType<typeof people.warehouse>>>().toEqualTypeOf<readonly People[]>()
    expectTypeOf<Awaited<ReturnType<typeof people.legacy>>>().toEqualTypeOf<readonly People[]>()
  })

  test('of parameters are those that the schema returns, and defaults cannot widen them', () => {
    const validate = (): { value: { since: Date; top: number } } => ({ value: { since: new Date(0), top: 1 } })
    const schema = { '~standard': { version: 1, validate } } as const satisfies StandardSchema
    const top = report('top', {
      key: ['n'],
      schema,
      params: { since: new Date(0), top: 3 },
      legacy: (params) => {
        expectTypeOf(params).toEqualTypeOf<{ since: Date; top: number }>()
        return [{ n: params.top }]
      },
      warehouse: () => [],
    })
    expectTypeOf(top.params).toEqualTypeOf<{ since: Date; top: number }>()
    expectTypeOf<Parameters<typeof top.resolveParams>>().toEqualTypeOf<
      [given?: { since: Date; top: number } | undefined]
    >()
    report('partial', {
      key: ['n'],
      schema,
      // @ts-expect-error The schema's output has `top`, and the default does not.
      params: { since: new Date(0) },
      legacy: () => [{ n: 1 }],
      warehouse: () => [{ n: 1 }],
    })
  })

  test('of reports with any parameters and rows fit into one list', () => {
    const one = report('one', { key: ['n'], params: { year: 2024 }, legacy: () => [{ n: 1 }], warehouse: () => [] })
    const other = report('other', { key: ['m'], legacy: () => [{ m: 'a' }], warehouse: () => [{ m: 'b', k: 1 }] })
    expectTypeOf(defineConfig({ migrations: [], reports: [one, other] }).reports).toEqualTypeOf<readonly Report[]>()
  })
})

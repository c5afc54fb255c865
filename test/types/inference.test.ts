import { describe, expectTypeOf, test } from 'vitest'
import {
  column as c,
  defineMigration,
  dimension,
  fact,
  group,
  report,
  type MemberOf,
  type Operation,
  type RowOf,
  type VersionOf,
} from '../../src/exports/index.ts'

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

describe('the types', () => {
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

  test('of a member and a version include what their views add', () => {
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
      key: ['id'],
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

  test('of a create require columns without a default that are not nullable', () => {
    type Values = Parameters<typeof user.create>[1]
    expectTypeOf<{ name: string }>().toExtend<Values>()
    expectTypeOf<{ name: string; mail: null; plan: undefined }>().toExtend<Values>()
    expectTypeOf<{ mail: string }>().not.toExtend<Values>()
  })

  test('of a create require no values if all columns may be left out', () => {
    const day = dimension('day', { key: { day: c.date() }, columns: { name: c.varchar(9).nullable() } })
    expectTypeOf(day.create({ day: '2024-02-29' })).toEqualTypeOf<Operation>()
    expectTypeOf(day.create({ day: new Date(0) }, { name: null })).toEqualTypeOf<Operation>()
  })

  test('of a handler are narrowed to its event type, at any depth', () => {
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

  test('of a report include the views of its tables', () => {
    report('spenders', {
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
  })
})

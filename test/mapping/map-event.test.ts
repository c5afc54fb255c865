import { Binary, ObjectId } from 'bson'
import { describe, expect, test } from 'vitest'
import { column as c, defineMigration, dimension, fact } from '../../src/exports/index.ts'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { compile, type Mapped } from '../../src/mapping/index.ts'
import type { Handler } from '../../src/mapping/migration.ts'

const user = dimension('user', {
  key: { id: c.varchar(9) },
  columns: {
    mail: c.varchar(9).pii(),
    plan: c.enum('free', 'gold').default('free'),
    seen: c.datetime().max().nullable(),
  },
})
const sale = fact('sale', {
  key: { id: c.int() },
  dimensions: { user },
  measures: { price: c.decimal(9, 2), note: c.text().last().nullable() },
})
const foreign = dimension('foreign', { key: { id: c.int() } })

interface Happened {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly meta: { readonly type: 'happened' }
  readonly payload: { readonly name: string; readonly raw: Binary; readonly tags: string[] }
}
const at = new Date('2024-02-29T00:00:00Z')
const payload = { name: 'ann', raw: new Binary(Buffer.of(1, 2)), tags: ['a'] }
const good: Record<string, unknown> = { _id: 1, seq: 1, at, meta: { type: 'happened' }, payload }

function mappedBy(handler: unknown, event: Record<string, unknown> = good, revision = 1): Mapped {
  const migration = defineMigration<Happened>()({
    name: 'shop',
    source: { collection: 'events', type: 'meta.type', order: 'seq', time: 'at' },
    tables: { user, sale },
    revision,
    on: { happened: handler as Handler<Happened> },
  })
  return compile(migration).map(decodeEvent(encodeEvent(event, true)), 'live')
}
// For values that only a caller without types can pass.
function untyped(values: object): object {
  return values
}

function reasonOf(mapped: Mapped): string {
  return mapped.outcome === 'quarantined' ? mapped.reason : `(${mapped.outcome})`
}

describe('an event is quarantined with a reason when', () => {
  const fine = (): unknown => user.create({ id: 'a' })
  test.each<[string, Record<string, unknown>, string]>([
    [
      'it has no id',
      { ...good, _id: undefined },
      "The event's _id cannot be used: an event's id cannot be of type undefined.",
    ],
    ['it has no order', { ...good, seq: undefined }, "The event's seq is neither an integer of 64 bits nor a Date."],
    ['its order is a string', { ...good, seq: '7' }, "The event's seq is neither an integer of 64 bits nor a Date."],
    ['its order is a fraction', { ...good, seq: 1.5 }, "The event's seq is neither an integer of 64 bits nor a Date."],
    ['its type is missing', { ...good, meta: {} }, "The event's meta.type is not a string."],
    ['its type is a number', { ...good, meta: { type: 7 } }, "The event's meta.type is not a string."],
    ['the way to its type ends early', { ...good, meta: 'happened' }, "The event's meta.type is not a string."],
    [
      'its type is unknown',
      { ...good, meta: { type: 'other' } },
      'The migration shop has no handler for the type "other".',
    ],
    [
      'its type is the name of a property that every object has',
      { ...good, meta: { type: 'constructor' } },
      'The migration shop has no handler for the type "constructor".',
    ],
    [
      'its type is __proto__',
      { ...good, meta: { type: '__proto__' } },
      'The migration shop has no handler for the type "__proto__".',
    ],
  ])('%s', (_, event, reason) => {
    expect(reasonOf(mappedBy(fine, event))).toBe(reason)
  })

  test('its type is on a prototype', () => {
    const hostile = JSON.parse('{"_id":1,"seq":1,"__proto__":{"meta":{"type":"happened"}}}') as Record<string, unknown>
    expect(reasonOf(mappedBy(fine, hostile))).toBe("The event's meta.type is not a string.")
  })

  test.each<[string, (event: Happened) => unknown, RegExp]>([
    [
      'its handler throws',
      () => {
        throw new Error('no such plan')
      },
      /^The handler of happened threw: no such plan$/,
    ],
    [
      'its handler throws something that is not an error',
      () => {
        throw 'text'
      },
      /^The handler of happened threw: text$/,
    ],
    [
      'its handler reads a property of undefined',
      (e) => (e as unknown as { no: { such: 1 } }).no.such,
      /^The handler of happened threw: Cannot read/,
    ],
    [
      'its handler returns undefined',
      () => undefined,
      /^A handler returned something that is not an operation \(undefined\)\. Return what/,
    ],
    [
      'its handler returns null among operations',
      () => [user.delete({ id: 'a' }), null],
      /something that is not an operation \(null\)/,
    ],
    [
      'its handler returns a promise',
      () => Promise.resolve(user.delete({ id: 'a' })),
      /^A handler returned a promise\./,
    ],
    [
      'its handler returns a promise that rejects',
      () => Promise.reject(new Error('late')),
      /^A handler returned a promise\./,
    ],
    [
      'its handler writes to a table that the migration does not list',
      () => foreign.create({ id: 1 }),
      /^A handler returned an operation on foreign, which is not among/,
    ],
    [
      'its handler changes the event',
      (e) => {
        ;(e.payload as { name: string }).name = 'bob'
      },
      /threw: Cannot assign to read only property 'name'/,
    ],
    [
      'its handler adds to the event',
      (e) => {
        ;(e as unknown as { done: boolean }).done = true
      },
      /threw: Cannot add property done/,
    ],
    ['its handler changes an array of the event', (e) => e.payload.tags.push('b'), /threw: Cannot add property 1/],
    [
      'a value does not fit',
      () => user.create({ id: 'a' }, { plan: 'iron' as 'gold' }),
      /^user\.plan is enum\('free', 'gold'\): "iron" is not one of free, gold\.$/,
    ],
    [
      'a value is too long',
      () => user.create({ id: 'ten letters' }),
      /^user\.id is varchar\(9\): "ten letters" is longer than 9 characters\.$/,
    ],
    [
      'a key is missing',
      () => user.create({} as { id: string }),
      /^user\.id is varchar\(9\): a value of type undefined cannot be a key\.$/,
    ],
    ['a key is null', () => user.edit({ id: null as unknown as string }, {}), /null cannot be a key/],
    [
      'a column is unknown',
      () => user.edit({ id: 'a' }, untyped({ name: 'x' })),
      /^The dimension user has no column "name"\. Use one of these: mail, plan, seen\.$/,
    ],
    [
      'a key column is unknown',
      () => user.delete({ id: 'a', no: 1 } as { id: string }),
      /has no key column "no"\. Use one of these: id\./,
    ],
    [
      'a key column is set like another column',
      () => user.edit({ id: 'a' }, untyped({ id: 'b' })),
      /has no column "id"/,
    ],
    [
      'a required column is left out',
      () => sale.create({ id: 1 }, { user_id: 'a' } as never),
      /^sale\.price is not nullable, but the create has no value for it\. Pass a value/,
    ],
    [
      'a required column is made NULL',
      () => user.edit({ id: 'a' }, { plan: null as unknown as 'gold' }),
      /^user\.plan is not nullable, but the edit has no value for it/,
    ],
    [
      'an edit changes the content of a fact',
      () => sale.edit({ id: 1 }, untyped({ price: 1 })),
      /^sale\.price is fixed by the key of the fact; an edit cannot change it\. Write it in the create/,
    ],
  ])('%s', (_, handler, reason) => {
    expect(reasonOf(mappedBy(handler))).toMatch(reason)
  })

  test('a personal value does not fit, and the reason does not repeat it', () => {
    const reason = reasonOf(mappedBy(() => user.create({ id: 'a' }, { mail: 'ann@example.com' })))
    expect(reason).toBe('user.mail is varchar(9): a personal value is longer than 9 characters.')
  })

  test('its key, position and type are kept as far as they can be read', () => {
    expect(mappedBy(() => undefined)).toMatchObject({ key: Buffer.from('\u00101'), position: 1n, type: 'happened' })
  })
})

test('returns one row per table and key, however many operations the event has', () => {
  const mapped = mappedBy((e: Happened) => [
    user.create({ id: 'a' }, { mail: 'old' }),
    sale.create({ id: e._id }, { user_id: 'a', price: '1.50' }),
    user.edit({ id: 'a' }, { mail: 'new' }),
    user.delete({ id: 'b' }),
  ])
  if (mapped.outcome !== 'applied') throw new Error(mapped.outcome)
  expect(mapped.rows.map(({ relation, row }) => [relation.name, row[0]])).toEqual([
    ['dim_user', 'a'],
    ['fact_sale', 1],
    ['dim_user', 'b'],
  ])
  expect(mapped.rows[0]!.row[user.layout.slots.get('mail')!.index]).toBe('new')
})

test('applies an event without operations, and returns no rows', () => {
  expect(mappedBy(() => [])).toMatchObject({ outcome: 'applied', rows: [] })
})

test('ignores an ignored type, and returns its key, position and type', () => {
  expect(mappedBy('ignore')).toEqual({
    outcome: 'ignored',
    key: Buffer.from('\u00101'),
    position: 1n,
    type: 'happened',
  })
})

test('passes dates, binaries and ids to a handler as BSON types, frozen', () => {
  let seen: Happened | undefined
  mappedBy((e: Happened) => ((seen = e), []), { ...good, _id: new ObjectId('65a1b2c3d4e5f60718293a4b') })
  expect(seen).toMatchObject({ at, payload: { name: 'ann', tags: ['a'] } })
  expect(seen!.payload.raw._bsontype).toBe('Binary')
  expect(Object.isFrozen(seen!.payload.tags)).toBe(true)
})

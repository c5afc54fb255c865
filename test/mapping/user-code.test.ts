import { setImmediate as turn } from 'node:timers/promises'
import { expect, describe, test } from 'vitest'
import { column as c, defineMigration, dimension } from '../../src/exports/index.ts'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { compile, type Mapped } from '../../src/mapping/index.ts'
import type { Handler } from '../../src/mapping/migration.ts'
import { HOSTILE } from '../core/hostile.ts'

const user = dimension('user', { key: { id: c.varchar(9) }, columns: { mail: c.varchar(9) } })

interface Happened {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'happened'
}
const event = decodeEvent(encodeEvent({ _id: 7, seq: 1, at: new Date(0), type: 'happened' }))

/** What becomes of an event under this handler, and this `include`. An unhandled rejection would fail the test run. */
async function mappedBy(handler: () => unknown, include?: () => unknown): Promise<Mapped> {
  const migration = defineMigration<Happened>()({
    name: 'shop',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { user },
    ...(include ? { include: include as () => boolean } : {}),
    on: { happened: handler as unknown as Handler<Happened> },
  })
  const mapped = compile(migration).map(event, 'live')
  await turn()
  return mapped
}
const quarantined = (reason: RegExp | string): object => ({
  outcome: 'quarantined',
  key: Buffer.from('\u00107'),
  position: 1n,
  reason: expect.stringMatching(reason) as string,
})
const rejected = (): Promise<never> => Promise.reject(new Error('late'))
const refuse = (): never => {
  throw new Error('a trap')
}

describe('an event is quarantined under its own id when', () => {
  test.each(HOSTILE)('its handler throws %s', async (_, make) => {
    const handler = (): never => {
      throw make()
    }
    expect(await mappedBy(handler)).toMatchObject(quarantined(/^The handler of happened threw: /))
    expect(await mappedBy(() => [], handler)).toMatchObject(quarantined(/^The include of the migration shop threw: /))
  })

  test('its handler throws a proxy of an error of ours', async () => {
    const thrown = new Proxy(new ChangeoverError('VALUE', 'no'), { get: refuse })
    expect(
      await mappedBy(() => {
        throw thrown
      }),
    ).toMatchObject(quarantined(''))
  })

  test.each(HOSTILE)('its handler returns %s', async (_, make) => {
    expect(await mappedBy(make)).toMatchObject(quarantined(/^A handler returned something that /))
    expect(await mappedBy(() => [make()])).toMatchObject(quarantined(/^A handler returned something that /))
  })

  test('its include returns a promise, which may reject', async () => {
    const reason =
      /^The include of the migration shop returned a promise\. Make it a function that returns true or false/
    for (const include of [rejected, () => Promise.resolve(true)]) {
      expect(await mappedBy(() => [], include)).toMatchObject(quarantined(reason))
    }
  })

  const operation = user.create({ id: 'a' }, { mail: 'm' })
  class Values {
    readonly mail = 'm'
  }
  test.each<[string, unknown, RegExp]>([
    ['of an unknown kind', { ...operation, kind: 'upsert' }, /an operation on user of an unknown kind \("upsert"\)/],
    ['without a kind', { ...operation, kind: undefined }, /an operation on user of an unknown kind \(undefined\)/],
    ['of the kind __proto__', { ...operation, kind: '__proto__' }, /of an unknown kind \("__proto__"\)/],
    ['whose key is null', { ...operation, key: null }, /on user whose key is not a plain object \(null\)/],
    ['whose key is a string', { ...operation, key: 'a' }, /on user whose key is not a plain object \(string\)/],
    [
      'whose values are a Map',
      { ...operation, values: new Map([['mail', 'm']]) },
      /whose values is not a plain .*a Map/,
    ],
    ['whose values are an array', { ...operation, values: ['m'] }, /whose values is not a plain object \(an array\)/],
    ['whose values are an instance', { ...operation, values: new Values() }, /whose values is not .*\(a Values\)/],
    ['whose table is null', { ...operation, table: null }, /on something that is not a table, which is not among/],
    ['whose table is a copy', { ...operation, table: { name: 'user' } }, /on user, which is not among/],
  ])('its handler returns an operation %s', async (_, returned, reason) => {
    expect(await mappedBy(() => returned)).toMatchObject(quarantined(reason))
  })

  test('its handler returns promises, wherever they are and however many reject', async () => {
    const reason = /^A handler returned a promise\./
    expect(await mappedBy(() => [rejected(), rejected()])).toMatchObject(quarantined(reason))
    const nested = /something that is not an operation/
    expect(await mappedBy(() => [[rejected()], rejected()])).toMatchObject(quarantined(nested))
    const values = { ...operation, values: rejected() }
    expect(await mappedBy(() => values)).toMatchObject(quarantined(/whose values is not .*\(a Promise\)/))
    const value = /^user\.mail is varchar\(9\): /
    const given = { mail: rejected() as unknown as string }
    expect(await mappedBy(() => user.create({ id: 'a' }, given))).toMatchObject(quarantined(value))
    // A promise of another library.
    const reject = (_: unknown, onRejected: (thrown: unknown) => void): void => onRejected('late')
    const foreign: unknown = Object.fromEntries(new Map([['then', reject]]))
    expect(await mappedBy(() => foreign)).toMatchObject(quarantined(reason))
  })
})

import { describe, expect, it } from 'vitest'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { compile } from '../../src/mapping/index.ts'
import { defineMigration, type Source } from '../../src/mapping/index.ts'
import { protectBytes, protection } from '../../src/mapping/privacy.ts'
import { column as c, fact } from '../../src/star/index.ts'

interface Signed {
  _id: number
  seq: number
  type: 'signed'
  at: Date
  who: { email: string | null; phone: string }
  parts: { ip: string; n: number }[]
}

const base = { collection: 'events', type: 'type', order: 'seq', time: 'at' } as const
const event: Signed = {
  _id: 1,
  seq: 1,
  type: 'signed',
  at: new Date(0),
  who: { email: 'a@b.example', phone: '1' },
  parts: [
    { ip: '1.2.3.4', n: 1 },
    { ip: '5.6.7.8', n: 2 },
  ],
}
const given = event as unknown as Record<string, unknown>
const made = (source: Partial<Source>) => protection({ ...base, ...source })

describe('protection', () => {
  it('is undefined when the source asks for none', () => {
    expect(made({})).toBeUndefined()
    expect(made({ omit: [], personal: {} })).toBeUndefined()
  })

  it('removes omitted and dropped fields, in arrays too, and does not change its argument', () => {
    const before = structuredClone(given)
    expect(made({ omit: ['parts.ip'], personal: { 'who.email': 'drop' } })!(given)).toEqual({
      ...given,
      who: { phone: '1' },
      parts: [{ n: 1 }, { n: 2 }],
    })
    expect(given).toEqual(before)
  })

  it('keeps the selected fields and those that every event needs', () => {
    expect(made({ select: ['who.phone', 'parts.n'] })!(given)).toEqual({
      _id: 1,
      seq: 1,
      type: 'signed',
      at: new Date(0),
      who: { phone: '1' },
      parts: [{ n: 1 }, { n: 2 }],
    })
  })

  it('hashes a value once, under the key, equal values to equal hashes, and leaves null', () => {
    const protect = made({ personal: { 'who.email': 'hmac', 'parts.ip': 'hmac' }, hmacKey: 'k' })!
    const once = protect(given) as unknown as Signed
    expect(once.who.email).toMatch(/^hmac:[0-9a-f]{64}$/)
    expect(new Set(once.parts.map(({ ip }) => ip)).size).toBe(2)
    expect(protect(once as never)).toEqual(once)
    expect(protect(structuredClone(given))).toEqual(once)
    expect(made({ personal: { 'who.email': 'hmac' }, hmacKey: 'other' })!(given)).not.toMatchObject({
      who: { email: once.who.email },
    })
    expect(protect({ ...given, who: { email: null } })).toMatchObject({ who: { email: null } })
  })

  it('treats names such as __proto__ as plain fields', () => {
    const hostile = decodeEvent(
      encodeEvent(JSON.parse('{"_id":1,"__proto__":{"x":1},"who":{"__proto__":{"y":1}}}') as object),
    )
    const safe = made({ personal: { 'who.email': 'drop' } })!(hostile)
    expect(Object.getPrototypeOf(safe)).toBe(Object.prototype)
    expect(Object.keys(safe)).toEqual(['_id', '__proto__', 'who'])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('returns no bytes for an event that it cannot protect', () => {
    const keyless = made({ personal: { 'who.email': 'hmac' } })!
    expect(() => keyless(given)).toThrow('no hmacKey')
    expect(protectBytes(keyless, encodeEvent(event))).toHaveLength(0)
  })
})

describe('a migration that withholds fields', () => {
  const signed = fact('signed', {
    key: { id: c.int() },
    dimensions: { day: c.date() },
    measures: { email: c.varchar(80).nullable() },
  })
  const define = (source: object) =>
    defineMigration<Signed>()({
      name: 'signed',
      source: { ...base, ...source },
      tables: { signed },
      on: { signed: (e) => signed.create({ id: e._id }, { day: e.at, email: e.who.email }) },
    })

  it('maps a live event, which is already protected, and a stored one to the same rows', () => {
    const migration = define({ personal: { 'who.email': 'hmac' }, hmacKey: 'k' })
    const mapper = compile(migration).map
    const live = protectBytes(protection(migration.source)!, encodeEvent(event))
    const stored = mapper(decodeEvent(encodeEvent(event)), 'live')
    expect(stored.outcome).toBe('applied')
    expect(mapper(decodeEvent(live), 'live')).toEqual(stored)
    expect(JSON.stringify(stored, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).not.toContain('a@b')
  })

  it('quarantines an event when a field needs hashing and there is no key', () => {
    const mapped = compile(define({ personal: { 'who.email': 'hmac' } })).map(given, 'live')
    expect(mapped).toMatchObject({
      outcome: 'quarantined',
      reason: expect.stringContaining('CHANGEOVER_HMAC_KEY') as unknown,
    })
  })

  it.each(['_id', 'seq', 'type', 'at'])('cannot withhold %s', (path) => {
    expect(() => define({ omit: [path] })).toThrow(`withholds ${path}`)
  })
})

import { expect, test } from 'vitest'
import { decodeEvent, encodeEvent } from '../../src/event/codec.ts'
import { column as c, defineMigration, dimension, type StandardSchema } from '../../src/exports/index.ts'
import { compile, type Mapped } from '../../src/mapping/index.ts'

interface Event {
  readonly _id: number
  readonly seq: number
  readonly at: Date
  readonly type: 'happened' | 'passed'
  readonly mail?: unknown
  readonly test?: boolean
}
const thing = dimension('thing', { key: { id: c.int() }, columns: { mail: c.varchar(40).nullable() } })

type Validate = StandardSchema['~standard']['validate']
const schemaOf = (validate: Validate): StandardSchema => ({ '~standard': { version: 1, validate } })

function map(validate: Validate, event: Partial<Event> = {}, include?: (event: Event) => boolean): Mapped {
  const migration = defineMigration<Event>()({
    name: 'things',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { thing },
    schemas: { happened: schemaOf(validate) },
    on: {
      happened: (e) => thing.create({ id: e._id }, { mail: String(e.mail) }),
      passed: (e) => thing.create({ id: e._id }, { mail: String(e.mail) }),
    },
    ...(include ? { include } : {}),
  })
  const whole = { _id: 1, seq: 1, at: new Date(0), type: 'happened', mail: 'a@b', ...event }
  return compile(migration).map(decodeEvent(encodeEvent(whole)), 'live')
}
const reason = (mapped: Mapped): string => (mapped.outcome === 'quarantined' ? mapped.reason : mapped.outcome)

const hasMail: Validate = (value) => {
  const { mail } = value as Event
  return typeof mail === 'string' ? { value } : { issues: [{ message: `${String(mail)} is no mail`, path: ['mail'] }] }
}

test('applies an event that fits its schema, and does not validate one of a type without a schema', () => {
  expect(reason(map(hasMail))).toBe('applied')
  expect(reason(map(hasMail, { mail: 7 }))).toBe('The event does not fit its schema at mail.')
  expect(reason(map(hasMail, { mail: 7, type: 'passed' }))).toBe('applied')
})

test('names the paths in the reason, whatever their form, and never repeats the message of the library or a value', () => {
  const issues = [
    { message: 'secret', path: ['payload', 0, { key: 'street' }] },
    { message: 'secret', path: ['payload', 0, { key: 'street' }] },
    { message: 'secret' },
    { message: 'secret', path: [Symbol('s')] },
    { message: 'secret', path: ['x'] },
    { message: 'secret', path: ['y'] },
  ]
  expect(reason(map(() => ({ issues })))).toBe(
    'The event does not fit its schema at payload.0.street, its root, Symbol(s), and 2 more.',
  )
  expect(reason(map(() => ({ issues: [] })))).toBe('applied')
})

test.each<[string, () => unknown]>([
  ['a promise', () => Promise.resolve({})],
  ['a promise that fails', () => Promise.reject(new Error('late'))],
  // oxlint-disable-next-line unicorn/no-thenable
  ['a promise of another kind', () => ({ then: (done: (value: object) => void) => done({}) })],
])('quarantines an event whose schema returns %s', (_, validate) => {
  expect(reason(map(validate as Validate))).toMatch(/^A schema validates asynchronously\. A mapping is a pure function/)
})

test('quarantines an event whose schema throws or changes it', () => {
  const thrower: Validate = () => {
    throw new Error('broken schema')
  }
  expect(reason(map(thrower))).toMatch(/broken schema$/)
  const changer: Validate = (value) => Object.assign(value as object, { issues: [] })
  expect(reason(map(changer))).toMatch(/read only|not extensible|Cannot assign/)
})

test('ignores an event that is not included, without validating it', () => {
  const include = (e: Event): boolean => e.test !== true
  expect(reason(map(hasMail, { test: true, mail: 7 }, include))).toBe('ignored')
  expect(reason(map(hasMail, { mail: 7 }, include))).toMatch(/does not fit its schema/)
  expect(reason(map(hasMail, {}, include))).toBe('applied')
})

test('quarantines an event for which include throws', () => {
  const include = (): boolean => {
    throw new Error('no tenant')
  }
  expect(reason(map(hasMail, {}, include))).toMatch(/no tenant$/)
})

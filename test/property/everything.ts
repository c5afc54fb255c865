import { ObjectId, UUID, Binary, Decimal128, Long } from 'bson'
import fc from 'fast-check'
import { column as c, dimension, fact, group } from '../../src/exports/index.ts'
import type { Column } from '../../src/star/define/column.ts'
import type { Operation, Origin } from '../../src/star/rows/operation.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { comparable } from './contents.ts'

/** Keys that a wrong collation would treat as equal, and texts that break careless quoting. */
export const UGLY_TEXTS = [
  'a',
  'A',
  'a ',
  ' a',
  'á',
  'á',
  'ß',
  'ss',
  '',
  ' ',
  '	',
  '\0',
  'a\0',
  'a\0b',
  '😀',
  '～',
  '�',
  '􏿿',
  "');--",
  "'; DROP TABLE dim_everything; --",
  '\\',
  "\\'",
  "\\' OR 1=1",
  '"',
  '`',
  '%_',
  '\n',
  '',
  '?',
  'NULL',
  '0',
] as const

/** Text of at most `length` code points, the difficult ones included. */
export function textOf(length: number): fc.Arbitrary<string> {
  const ugly = UGLY_TEXTS.filter((text) => Array.from(text).length <= length)
  return fc.oneof(fc.constantFrom(...ugly), fc.string({ unit: 'binary', maxLength: length }))
}

const instants = fc.oneof(
  fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
  fc.constantFrom(
    '2021-03-28T02:30:00.001+01:00',
    '2024-02-29T23:59:59.999Z',
    '1000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ),
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const edges = fc.constantFrom(0, -0, 1, -1, 2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n))
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: length })
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null)

/** Every column type with the values that it takes, ordinary and difficult ones. */
export const TYPES: Readonly<Record<string, { readonly of: Column; readonly values: fc.Arbitrary<unknown> }>> = {
  varchar: { of: c.varchar(20), values: textOf(20) },
  char: { of: c.char(3), values: fc.string({ unit: 'binary', minLength: 3, maxLength: 3 }) },
  text: { of: c.text(), values: fc.oneof(textOf(40), fc.constant('long '.repeat(20_000))) },
  int: { of: c.int(), values: fc.integer() },
  bigint: {
    of: c.bigint(),
    values: fc.oneof(
      int64,
      edges,
      int64.map((value) => Long.fromBigInt(value)),
    ),
  },
  decimal: {
    of: c.decimal(20, 6),
    values: fc.oneof(
      fc.constantFrom(
        '0.10',
        1.005,
        '-0',
        '1e-6',
        '99999999999999.999999',
        '-99999999999999.999999',
        new Decimal128('7.5E+3'),
      ),
      fc.bigInt({ min: -(10n ** 14n) + 1n, max: 10n ** 14n - 1n }),
    ),
  },
  double: {
    of: c.double(),
    values: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-0, 1e308, 5e-324, 0.1)),
  },
  boolean: { of: c.boolean(), values: fc.boolean() },
  date: { of: c.date(), values: fc.oneof(instants, fc.constantFrom('2024-02-29', '1000-01-01', '9999-12-31')) },
  datetime: { of: c.datetime(), values: instants },
  json: { of: c.json(), values: json },
  uuid: {
    of: c.uuid(),
    values: fc.oneof(
      fc.uuid(),
      fc.uuid().map((text) => new UUID(text)),
    ),
  },
  object_id: {
    of: c.objectId(),
    values: fc.uint8Array({ minLength: 12, maxLength: 12 }).map((raw) => new ObjectId(raw)),
  },
  binary: {
    of: c.binary(8),
    values: fc.oneof(
      bytes(8),
      bytes(8).map((raw) => new Binary(raw)),
    ),
  },
  enum: { of: c.enum('a', 'A', 'ä ', "it's"), values: fc.constantFrom('a', 'A', 'ä ', "it's") },
}

const MERGES = ['last', 'first', 'min', 'max'] as const

const columns: Record<string, Column> = {
  personal: c.varchar(20).pii(),
  personal_first: c.varchar(20).pii().first(),
  defaulted: c.int().default(7),
  flag_any: c.boolean().any().nullable(),
  flag_all: c.boolean().all().nullable(),
}
const values: Record<string, fc.Arbitrary<unknown>> = {
  personal: textOf(20),
  personal_first: textOf(20),
  defaulted: fc.integer(),
  flag_any: fc.boolean(),
  flag_all: fc.boolean(),
}
for (const [name, type] of Object.entries(TYPES)) {
  for (const merge of MERGES) {
    columns[`${name}_${merge}`] = type.of[merge]().nullable()
    values[`${name}_${merge}`] = fc.oneof(
      { arbitrary: type.values, weight: 4 },
      { arbitrary: fc.constant(null), weight: 1 },
    )
  }
}

const orNull = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof(of, fc.constant(null))

/** Columns that are written together, under each stamped merge, personal ones included. */
const groups: readonly Record<string, fc.Arbitrary<unknown>>[] = [
  { street: orNull(textOf(9)), number: orNull(fc.integer()) },
  { first_street: orNull(textOf(9)), first_number: orNull(fc.integer()) },
  { home: orNull(textOf(9)), phone: orNull(fc.integer()) },
]
Object.assign(
  columns,
  group('address', { street: c.varchar(9).nullable(), number: c.int().nullable() }),
  group('first_address', { first_street: c.varchar(9).nullable().first(), first_number: c.int().nullable().first() }),
  group('private', { home: c.varchar(9).pii(), phone: c.int().pii() }),
)

/** A dimension with every column type under every merge and a key of text and numbers. */
export const everything = dimension('everything', { key: { id: c.varchar(40), part: c.bigint() }, columns })

const content = Object.fromEntries(Object.entries(TYPES).map(([name, { of }]) => [name, of.nullable()]))

/** A fact whose content has every column type. */
export const deed = fact('deed', {
  key: { deed_id: c.binary(8) },
  measures: {
    ...content,
    note: c.text().last().nullable(),
    ...group('review', { stars: c.int().last().nullable(), verdict: c.varchar(9).last().nullable() }),
    ...group('origin', { city: c.varchar(9).nullable(), shop: c.int().nullable() }),
  },
})
const review = { stars: orNull(fc.integer()), verdict: orNull(textOf(9)) }

const deedValues: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [name, type.values])),
  note: textOf(20),
  city: orNull(textOf(9)),
  shop: orNull(fc.integer()),
}

interface Target {
  readonly table: AnyTable
  readonly keys: fc.Arbitrary<Record<string, unknown>>
  readonly values: Record<string, fc.Arbitrary<unknown>>
  readonly edits: Record<string, fc.Arbitrary<unknown>>
  /** Columns of which an operation sets all or none. */
  readonly groups: readonly Record<string, fc.Arbitrary<unknown>>[]
}

export const EVERYTHING: Target = {
  table: everything,
  keys: fc.record({ id: fc.constantFrom(...UGLY_TEXTS), part: fc.constantFrom(0, 1, -(2n ** 63n), 2n ** 53n + 1n) }),
  values,
  edits: values,
  groups,
}
export const DEED: Target = {
  table: deed,
  keys: fc.record({ deed_id: fc.uint8Array({ maxLength: 2, max: 2 }) }),
  values: deedValues,
  edits: { note: textOf(20) },
  groups: [review],
}

/** One operation on a row of the table, with one of a few keys. */
export function operationsOn({ table, keys, values: all, edits, groups: wholes }: Target): fc.Arbitrary<Operation> {
  const given = (of: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
    fc
      .tuple(fc.record(of, { requiredKeys: [] }), ...wholes.map((whole) => fc.option(fc.record(whole), { nil: {} })))
      .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>)
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ table: fc.constant(table), kind: fc.constant('create'), key: keys, values: given(all) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ table: fc.constant(table), kind: fc.constant('edit'), key: keys, values: given(edits) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        table: fc.constant(table),
        kind: fc.constant('delete'),
        key: keys,
        values: fc.constant({}),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        table: fc.constant(table),
        kind: fc.constant('erase'),
        key: keys,
        values: fc.constant({}),
      }),
    },
  ) as fc.Arbitrary<Operation>
}

/** The rows of some events with one operation each: stamps are unique, positions may tie, some events have a raised revision. */
export function rowsFrom(
  target: Target,
  options: { readonly maxLength: number; readonly minLength?: number },
): fc.Arbitrary<Row[]> {
  const event = fc.record({
    operation: operationsOn(target),
    position: fc.oneof(fc.bigInt({ min: -2n, max: 2n }), int64),
    revision: fc.constantFrom(1, 1, 2, 255),
    origin: fc.constantFrom<Origin>('live', 'migrated', 'repaired'),
  })
  return fc
    .array(event, options)
    .map((events) =>
      events.flatMap(({ operation, position, revision, origin }, id) =>
        rowsOf([operation], stampOf(position, id, revision), origin).map(({ row }) => row.map(comparable)),
      ),
    )
}

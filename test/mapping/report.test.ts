import type { Db } from 'mongodb'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { report, type StandardSchema, type WarehouseReader } from '../../src/mapping/index.ts'

const sides = { key: ['n'], legacy: () => [{ n: 1 }], warehouse: () => [{ n: 1 }] } as const
const mongo = {} as Db
const noReader: WarehouseReader = { reader: <Database>() => ({}) as Kysely<Database> }

type Validate<Output> = StandardSchema<Output>['~standard']['validate']
const schemaOf = <Output>(validate: Validate<Output>): StandardSchema<Output> => ({
  '~standard': { version: 1, validate },
})

/** Accepts a whole year, and raises it to 2000. */
const year = (value: unknown): ReturnType<Validate<{ year: number }>> => {
  const given = Number((value as { year?: unknown }).year)
  if (Number.isInteger(given)) return { value: { year: Math.max(2000, given) } }
  return { issues: [{ message: `secret ${given}`, path: ['year'] }] }
}

describe('the definition of a report', () => {
  test('needs a name and a key', () => {
    const rest = { legacy: () => [], warehouse: () => [] }
    expect(() => report('Files by folder', { key: ['folder'], ...rest })).toThrow(
      expect.objectContaining({
        code: 'DEFINITION',
        message: 'The report name "Files by folder" is not a valid name.',
        remedy: 'Start with a letter and use lower-case letters, digits and underscores, at most 60 characters.',
      }),
    )
    expect(() => report('a'.repeat(61), { key: ['folder'], ...rest })).toThrow(
      /^The report name "a+" is not a valid name/,
    )
    expect(() => report('files', { key: [], ...rest })).toThrow('The report files has no key.')
  })

  test('refuses a schema that is not a Standard Schema', () => {
    const schema = { parse: () => ({}) } as unknown as StandardSchema
    expect(() => report('sales', { ...sides, schema })).toThrow(
      expect.objectContaining({
        code: 'DEFINITION',
        message: 'The report sales has a schema that is not a Standard Schema.',
      }),
    )
  })

  test('is frozen, and keeps a key that its author changes later', () => {
    const key = ['n']
    const sales = report('sales', { ...sides, key })
    key.push('m')
    expect(sales.key).toEqual(['n'])
    expect(Object.isFrozen(sales) && Object.isFrozen(sales.key)).toBe(true)
  })
})

describe('the parameters of a report', () => {
  test('are those given, or the defaults, or none', async () => {
    const sales = report('sales', { ...sides, params: { year: 2024 } })
    expect(await sales.resolveParams({ year: 2025 })).toEqual({ year: 2025 })
    expect(await sales.resolveParams()).toEqual({ year: 2024 })
    expect(await report('sales', sides).resolveParams()).toEqual({})
  })

  test('are what the schema makes of them, the defaults too', async () => {
    const sales = report('sales', { ...sides, schema: schemaOf(year), params: { year: 1999 } })
    expect(sales.params).toEqual({ year: 1999 })
    expect(await sales.resolveParams()).toEqual({ year: 2000 })
    expect(await sales.resolveParams({ year: 1998 })).toEqual({ year: 2000 })
    expect(await sales.resolveParams({ year: 2025 })).toEqual({ year: 2025 })
  })

  test('may be validated asynchronously', async () => {
    const schema = schemaOf(async (value) => year(value))
    const sales = report('sales', { ...sides, schema, params: { year: 2024 } })
    expect(await sales.resolveParams()).toEqual({ year: 2024 })
    await expect(sales.resolveParams({ year: Number.NaN })).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('are refused with the report and the paths, without values and without the words of the library', async () => {
    const sales = report('sales', { ...sides, schema: schemaOf(year), params: { year: 2024 } })
    await expect(sales.resolveParams({ year: 0.5 })).rejects.toMatchObject({
      code: 'CONFIG',
      message: 'The parameters of the report sales do not fit their schema at year.',
      remedy: expect.any(String) as unknown,
    })
  })

  test('are refused when the defaults do not fit', async () => {
    const sales = report('sales', { ...sides, schema: schemaOf(year) })
    await expect(sales.resolveParams()).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('are refused by a schema that lists no issue and returns no value', async () => {
    const sales = report('sales', { ...sides, schema: schemaOf(() => ({ issues: [] })) })
    await expect(sales.resolveParams()).rejects.toThrow('The parameters of the report sales do not fit their schema.')
  })
})

describe('the rows of a report', () => {
  test.each([
    ['rows', () => [{ n: 2 }]],
    ['a promise of rows', () => Promise.resolve([{ n: 2 }])],
    ['a query', () => ({ execute: () => Promise.resolve([{ n: 2 }]) })],
  ])('come from %s on the new side', async (_, warehouse) => {
    expect(await report('sales', { ...sides, warehouse }).warehouse({}, noReader)).toEqual([{ n: 2 }])
  })

  test('come from the old code, which sees the parameters and the database', async () => {
    const seen: unknown[] = []
    const sales = report('sales', {
      ...sides,
      params: { year: 2024 },
      legacy: (params, context) => (seen.push(params, context.mongo), [{ n: 1 }]),
    })
    expect(await sales.legacy({ year: 2025 }, { mongo })).toEqual([{ n: 1 }])
    expect(seen).toEqual([{ year: 2025 }, mongo])
  })

  test('are a rejection, never an exception, when either side throws', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    const sales = report('sales', { key: ['n'], legacy: broken, warehouse: broken })
    await expect(sales.legacy({}, { mongo })).rejects.toThrow('broken')
    await expect(sales.warehouse({}, noReader)).rejects.toThrow('broken')
  })
})

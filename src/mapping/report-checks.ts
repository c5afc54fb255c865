import { ChangeoverError } from '../core/index.ts'
import { isObject, kindOfValue } from './given.ts'
import { checkSchema, type StandardSchema } from './schema.ts'

/** Checks the parts of a report, whatever was given. Throws a ChangeoverError `DEFINITION`. */
export function checkReport(name: string, spec: unknown): void {
  if (!isObject(spec)) {
    throw new ChangeoverError('DEFINITION', `The report ${name} is defined by ${kindOfValue(spec)}.`, {
      remedy: `Write: report('${name}', { key, legacy, warehouse })`,
    })
  }
  const { key, schema } = spec
  if (!Array.isArray(key) || key.length === 0 || key.some((column) => typeof column !== 'string')) {
    throw new ChangeoverError('DEFINITION', `The report ${name} has no key.`, {
      remedy: "Name the columns that tell one row from another, such as key: ['day'].",
    })
  }
  for (const side of ['legacy', 'warehouse'] as const) {
    if (typeof spec[side] === 'function') continue
    throw new ChangeoverError(
      'DEFINITION',
      `The report ${name} has no ${side} function: it is ${kindOfValue(spec[side])}.`,
      {
        remedy: REMEDIES[side],
      },
    )
  }
  if (schema !== undefined) checkSchema(`The report ${name} has a schema`, schema as StandardSchema)
}

const REMEDIES = Object.freeze({
  legacy: 'Write the report that runs today: legacy: (params, { mongo }) => ...',
  warehouse: 'Write the query that replaces it: warehouse: (params, db) => db.selectFrom(...)',
})

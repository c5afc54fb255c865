import { ChangeoverError } from '../core/index.ts'
import { isObject, kindOfValue } from './given.ts'

/** A row of a report: values by column. */
export type ReportRow = Readonly<Record<string, unknown>>

/** A Kysely query, or anything else that gives rows. */
export type RowSource<Row extends ReportRow = ReportRow> =
  | { execute(): Promise<readonly Row[]> }
  | Promise<readonly Row[]>
  | readonly Row[]

/** What the old side of a report gave, checked to be rows. Throws a ChangeoverError `DEFINITION`. */
export function legacyRows<Row extends ReportRow>(report: string, given: readonly Row[]): readonly Row[] {
  return checkRows(`The legacy side of the report ${report}`, given)
}

/** The rows of a query or of what else the new side of a report gave. Rejects with a ChangeoverError `DEFINITION` for no rows. */
export async function warehouseRows<Row extends ReportRow>(
  report: string,
  given: RowSource<Row>,
): Promise<readonly Row[]> {
  const rows = isQuery(given) ? await given.execute() : await given
  return checkRows(`The warehouse side of the report ${report}`, rows)
}

function isQuery<Row extends ReportRow>(given: RowSource<Row>): given is { execute(): Promise<readonly Row[]> } {
  const source: unknown = given
  return isObject(source) && typeof source['execute'] === 'function'
}

function checkRows<Given>(side: string, given: Given): Given {
  if (!Array.isArray(given)) {
    const isCursor = isObject(given) && typeof given['toArray'] === 'function'
    throw new ChangeoverError('DEFINITION', `${side} gives ${isCursor ? 'a cursor' : kindOfValue(given)}, not rows.`, {
      remedy: isCursor ? 'Add .toArray() to it.' : 'Return an array of rows, each an object with the values by column.',
    })
  }
  const rows: readonly unknown[] = given
  const wrong = rows.findIndex((row) => !isObject(row))
  if (wrong < 0) return given
  throw new ChangeoverError('DEFINITION', `${side} gives ${kindOfValue(rows[wrong])} as row ${wrong}.`, {
    remedy: 'Give each row as an object with its values by column.',
  })
}

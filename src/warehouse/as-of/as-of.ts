import { expressionBuilder, sql, type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool } from 'kysely'
import type { AnyTable, RowOf } from '../../star/index.ts'
import { checkRoles } from './checks.ts'
import { asOfSql } from './statement.ts'
import type { AsOfRow, CheckedRoles, TimeColumnOf } from './types.ts'

/** The facts under the name by which `where` may qualify their columns. */
type Facts<F extends AnyTable> = { readonly facts: RowOf<F> }

/** Options of {@link asOf}. */
export interface AsOfOptions<F extends AnyTable> {
  /**
   * Which facts to read. A condition here is applied before the join, one in the query around it afterwards; the rows are the same.
   *
   * @defaultValue all of them
   */
  readonly where?: (eb: ExpressionBuilder<Facts<F>, 'facts'>) => Expression<SqlBool>
}

/**
 * The live rows of a fact, each with the version of its dimensions that was valid at its time (a type-2 as-of join). Takes time in
 * proportion to facts plus versions, also when all of them share one key, which a join on `valid_from` and `valid_to` does not.
 *
 * Each role adds the columns of the dimension's view `<name>_history`, without its key, named after the role unless their name begins
 * with it: `customer_tier`, `customer_valid_from`. They are NULL where no version was valid: before the first, after a deletion, and
 * where the fact has no time or no key. A version is valid from `valid_from` to before `valid_to`.
 *
 * @param at the column of the fact with its time, of type `datetime`
 * @param dimensions dimensions with `history: true`, by their role in the fact
 * @returns a subquery; name it with `.as('…')` and select from it
 * @throws {ChangeoverError} `'DEFINITION'` when the fact has no such time or role, a dimension keeps no history, or two columns would
 *   have one name
 * @example
 * import { column, dimension, fact, report } from 'changeover'
 * import { asOf } from 'changeover/warehouse'
 *
 * const customer = dimension('customer', {
 *   key: { id: column.int() },
 *   columns: { tier: column.varchar(10) },
 *   history: true,
 * })
 * const order = fact('order', {
 *   key: { id: column.int() },
 *   dimensions: { customer },
 *   measures: { at: column.datetime(), cents: column.int() },
 * })
 * export const revenueByTier = report('revenue_by_tier', {
 *   key: ['customer_tier'],
 *   tables: { order, customer },
 *   legacy: () => [{ customer_tier: 'gold', cents: 700 }],
 *   warehouse: (_, db) =>
 *     db
 *       .selectFrom(asOf(order, 'at', { customer }).as('o'))
 *       .select((eb) => ['o.customer_tier', eb.fn.sum('o.cents').as('cents')])
 *       .groupBy('o.customer_tier'),
 * })
 */
export function asOf<F extends AnyTable, const D extends Readonly<Record<string, AnyTable>>>(
  fact: F,
  at: TimeColumnOf<F>,
  dimensions: D & CheckedRoles<F, D>,
  { where }: AsOfOptions<F> = {},
): RawBuilder<AsOfRow<F, D>> {
  const roles = checkRoles(fact, at, dimensions)
  const [before, after] = asOfSql(fact, at, roles)
  if (where === undefined) return sql<AsOfRow<F, D>>`${sql.raw(before + after)}`
  const condition = where(expressionBuilder<Facts<F>, 'facts'>())
  return sql<AsOfRow<F, D>>`${sql.raw(before)} WHERE ${condition}${sql.raw(after)}`
}

import type { Relation, RelationIndex } from '../../star/index.ts'
import { quote, quoteAll } from '../sql.ts'
import { INDEX_COMMENT, type CatalogIndex } from './catalog.ts'
import type { Step } from '../step.ts'

/** The steps from the indexes that a table has to those of its definition. One on the same columns serves, whoever made it. */
export function planIndexes(
  { name: table, indexes = [] }: Relation,
  present: readonly CatalogIndex[],
  allowDestructive: boolean,
): Step[] {
  const missing = indexes.filter(({ columns }) => !present.some((each) => isOn(each, columns)))
  const steps = missing.map((index) => create(table, index, present))
  if (!allowDestructive) return steps
  const isReplaced = ({ name }: CatalogIndex): boolean => missing.some((index) => index.name === name)
  const left = present.filter(
    (each) => each.isOurs && !isReplaced(each) && !indexes.some(({ columns }) => isOn(each, columns)),
  )
  return [...steps, ...left.map((index) => drop(table, index))]
}

function isOn(index: CatalogIndex, columns: readonly string[]): boolean {
  return index.columns.join(' ') === columns.join(' ')
}

function create(table: string, { name, columns }: RelationIndex, present: readonly CatalogIndex[]): Step {
  const on = `${quote(name)} (${quoteAll(columns)}) COMMENT '${INDEX_COMMENT}'`
  // A column that was dropped leaves an index of its name with the other columns.
  const isTaken = present.some((each) => each.name === name)
  return {
    kind: 'index',
    why: `the index of ${table} on ${columns.join(', ')} is missing`,
    sql: isTaken
      ? `ALTER TABLE ${quote(table)} DROP INDEX ${quote(name)}, ADD INDEX ${on}`
      : `ALTER TABLE ${quote(table)} ADD INDEX ${on}`,
  }
}

function drop(table: string, { name, columns }: CatalogIndex): Step {
  return {
    kind: 'drop',
    why: `the index of ${table} on ${columns.join(', ')} is no longer defined`,
    sql: `ALTER TABLE ${quote(table)} DROP INDEX ${quote(name)}`,
  }
}

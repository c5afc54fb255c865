import type { VSchema } from '../../src/warehouse/index.ts'

type Rule = (statement: string) => string | undefined

/** What no statement may contain, because it needs all rows on one server, or a session that stays on one. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\b(?:START\s+TRANSACTION|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|XA|AUTOCOMMIT)\b/i, 'is part of a transaction'],
  [/\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+(?:IN\s+SHARE\s+MODE|TABLES?)\b/i, 'locks what it reads'],
  [/\b(?:GET_LOCK|RELEASE_LOCK|RELEASE_ALL_LOCKS|IS_FREE_LOCK|IS_USED_LOCK)\b/i, 'takes a lock of one server'],
  [/\b(?:LAST_INSERT_ID|FOUND_ROWS|ROW_COUNT|SQL_CALC_FOUND_ROWS|NEXTVAL)\b/i, 'asks for the state of one server'],
  [/(?<!@)@(?!@)[\w`'"$.]/, 'has a user variable'],
  [/\b(?:TEMPORARY|HANDLER|LOAD\s+DATA|OUTFILE|CALL)\b/i, 'works on one server only'],
  [/^\s*REPLACE\b/i, 'deletes and inserts'],
  [/\bFROM\s+`[^`]+`(?:\s+AS\s+`[^`]+`)?\s*,/i, 'lists several tables after FROM'],
  [/^\s*DELETE\s+(?!FROM\b)|^\s*DELETE\b.*\bUSING\b/is, 'deletes from a list of tables'],
  [/^\s*UPDATE\s+`[^`]+`\s*(?:,|(?:\w+\s+)?JOIN\b)/i, 'updates a list of tables'],
  [/\bOVER\s*[(`\w]/i, 'has a window function'],
  [
    /\b(?:BIT_XOR|BIT_AND|BIT_OR|STD\w*|VAR\w*_(?:POP|SAMP)|VARIANCE|JSON_\w+AGG)\s*\(/i,
    'has an aggregate that Vitess cannot add up over shards',
  ],
  [/\bJSON_TABLE\b|\bCROSS\s+JOIN\b/i, 'has a join or a table that Vitess cannot plan'],
]

/** Why a sharded MySQL would refuse this statement of the data path; undefined when it takes it. What it cannot read, it refuses. */
export function refusalOf(statement: string, vschema: VSchema): string | undefined {
  const text = statement.replaceAll(/'(?:[^'\\]|''|\\.)*'/gs, "''").replaceAll(/\/\*.*?\*\/\s*/gs, '')
  // A view is made of what each server has, whatever is in it.
  if (/^\s*CREATE\s+OR\s+REPLACE\s+VIEW\b/i.test(text)) return undefined
  const rules: Rule[] = [
    ...FORBIDDEN.map(
      ([pattern, reason]): Rule =>
        () =>
          pattern.test(text) ? reason : undefined,
    ),
    (it) => oneTable(it, vschema),
    (it) => insertsByKey(it, vschema),
    (it) => keepsShard(it, vschema),
  ]
  return rules.map((rule) => rule(text)).find((reason) => reason !== undefined)
}

/** The tables that a statement names, in order; not the columns after ON DUPLICATE KEY UPDATE. */
function tablesIn(text: string): string[] {
  const names = [
    ...text.matchAll(/(?<!\bKEY\s)\b(?:FROM|JOIN|INTO|UPDATE|TABLE(?:\s+IF\s+NOT\s+EXISTS)?)\s+`([^`]+)`/gi),
  ]
  return [...new Set(names.map(([, name]) => name!))]
}

function shardColumn(table: string, { tables }: VSchema): string | undefined {
  return tables[table]?.column_vindexes[0].column
}

/** One table; or two, when an equality of the columns that decide on the shard keeps the second on the shard of the first. */
function oneTable(text: string, vschema: VSchema): string | undefined {
  const [first, ...others] = tablesIn(text)
  if (first === undefined) return undefined
  const unknown = [first, ...others].find((name) => shardColumn(name, vschema) === undefined)
  if (unknown !== undefined) return `names ${unknown}, which the vschema does not list`
  const side = (table: string): string => `\`${table}\`.\`${shardColumn(table, vschema)}\``
  const apart = others.find(
    (other) => ![`${side(first)} = ${side(other)}`, `${side(other)} = ${side(first)}`].some((it) => text.includes(it)),
  )
  return apart === undefined ? undefined : `names ${first} and ${apart}, whose rows may be on different shards`
}

/** A row can be sent to its shard when the statement has the column that decides on it. */
function insertsByKey(text: string, vschema: VSchema): string | undefined {
  const [, table, columns] = /^\s*INSERT\b.*?\bINTO\s+`([^`]+)`\s*(?:\(([^()]*)\))?/is.exec(text) ?? []
  if (table === undefined) return undefined
  const column = `\`${shardColumn(table, vschema)}\``
  return columns?.includes(column) === true ? undefined : `inserts into ${table} without ${column}`
}

/** A row stays on its shard. Even an assignment that changes nothing is refused. */
function keepsShard(text: string, vschema: VSchema): string | undefined {
  const [first] = tablesIn(text)
  const assigned = /\bON\s+DUPLICATE\s+KEY\s+UPDATE\b(.*)$|^\s*UPDATE\b.*?\bSET\b(.*)$/is.exec(text)
  if (first === undefined || assigned === null) return undefined
  const column = shardColumn(first, vschema)!
  const changes = new RegExp(`(?:^|,)\\s*(?:\`${first}\`\\.)?\`${column}\`\\s*=`)
  return changes.test(assigned[1] ?? assigned[2] ?? '')
    ? `assigns \`${column}\`, which decides on the shard`
    : undefined
}

import { ChangeoverError } from '../../core/index.ts'
import type { TableDefinition } from './definition.ts'
import { HISTORY_SUFFIX, TABLE_PREFIXES, tableNamesOf, viewNamesOf } from './names.ts'

/** MySQL allows 64 characters, and the view `<name>_members` is 4 longer than the table `dim_<name>`. */
export const MAX_NAME = 60
const NAME = /^[a-z][a-z0-9_]*$/

/**
 * Checks a name that becomes part of names in MySQL, of flags or of files. `what` begins the sentence of the error, before the name:
 * `The dimension file: the column`.
 */
export function checkName(what: string, name: unknown, maxLength: number): void {
  if (typeof name === 'string' && NAME.test(name) && name.length <= maxLength) return
  throw new ChangeoverError('DEFINITION', `${what} ${JSON.stringify(name)} is not a valid name.`, {
    remedy: `Start with a letter and use lower-case letters, digits and underscores, at most ${maxLength} characters.`,
  })
}

export function checkTableName({ kind, name, history }: TableDefinition): void {
  const maxLength = MAX_NAME - TABLE_PREFIXES[kind].length - (history ? HISTORY_SUFFIX.length : 0)
  checkName(`The ${kind} name`, name, maxLength)
  const prefix = Object.values(TABLE_PREFIXES).find((each) => name.startsWith(each))
  if (prefix === undefined) return
  throw new ChangeoverError('DEFINITION', `The ${kind} name ${name} starts with ${prefix}, the prefix of a table.`, {
    remedy: 'Leave dim_ and fact_ out of the name; they are added automatically.',
  })
}

/** Throws a ChangeoverError `DEFINITION` if two definitions would have a table or a view of one name. */
export function assertDistinctNames(definitions: Iterable<TableDefinition>): void {
  const owners = new Map<string, TableDefinition>()
  for (const definition of new Set(definitions)) {
    const tables = tableNamesOf(definition)
    const names = [
      ...Object.values(viewNamesOf(definition)),
      tables.main,
      ...(definition.history ? [tables.history] : []),
    ]
    for (const name of names) {
      const other = owners.get(name)
      if (other) {
        throw new ChangeoverError(
          'DEFINITION',
          other.name === definition.name
            ? `Two definitions are both named ${name}.`
            : `The ${other.kind} ${other.name} and the ${definition.kind} ${definition.name} would both have a view named ${name}.`,
          { remedy: 'Share one definition between the migrations, or rename one of the two.' },
        )
      }
      owners.set(name, definition)
    }
  }
}

/** Throws a ChangeoverError `DEFINITION` if two dimensions or measures of a fact have the same column. */
export function assertDistinctColumns(fact: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw new ChangeoverError('DEFINITION', `The fact ${fact} has two columns named ${twice}.`, {
    remedy: 'Rename one of the two dimensions or measures.',
  })
}

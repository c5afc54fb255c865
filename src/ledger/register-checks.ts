import { ChangeoverError, ownOf } from '../core/index.ts'
import type { Definition } from '../mapping/index.ts'
import type { Generation } from './generations.ts'

const REBUILD = 'Rebuild: migrate into a new database, or into tables under other names.'

/**
 * Refuses a definition that cannot follow those that are registered. Throws a ChangeoverError `SCHEMA`.
 *
 * @param own the generations of its migration
 * @param known all generations of the warehouse
 * @param all the definitions of the config
 */
export function checkProgress(
  definition: Definition,
  own: readonly Generation[],
  known: readonly Generation[],
  all: readonly Definition[],
  rollBack: boolean,
): void {
  const { migration, revision, source, tables } = definition.document
  const latest = own.at(-1)
  if (latest === undefined) return checkName(definition, known, all)
  if (source['order'] !== latest.document.source['order']) {
    throw refused(
      `The migration ${migration} orders events by ${source['order']}, and so far by ${latest.document.source['order']}: the same event would have two stamps`,
      REBUILD,
    )
  }
  const earlier = own.findLast(({ fingerprint }) => fingerprint === definition.fingerprint)
  if (rollBack) {
    if (earlier !== undefined) return
    throw refused(
      `The definition of the migration ${migration} was never applied, so there is nothing to go back to`,
      'Apply it without --roll-back, or check out the version of the config that was applied.',
    )
  }
  if (earlier !== undefined) {
    throw refused(
      `The definition of the migration ${migration} is that of generation ${earlier.number}, and the warehouse is at ${latest.number}`,
      'Apply the newer definition; or, to go back to this one, add --roll-back.',
    )
  }
  if (revision < latest.document.revision) {
    throw refused(
      `The migration ${migration} has the revision ${revision}, and the warehouse has seen ${latest.document.revision}`,
      'Raise the revision; or, to go back to an earlier definition, add --roll-back.',
    )
  }
  const turned = Object.entries(tables).find(
    ([name, { kind }]) => (ownOf(latest.document.tables, name)?.kind ?? kind) !== kind,
  )
  if (turned)
    throw refused(
      `The table ${turned[0]} was a ${latest.document.tables[turned[0]]!.kind} and is now a ${turned[1].kind}`,
      REBUILD,
    )
}

// The name of a migration is part of its stamps, so a renamed one would write every value again beside the old ones.
function checkName({ document }: Definition, known: readonly Generation[], all: readonly Definition[]): void {
  const names = new Set(all.map(({ document: { migration } }) => migration))
  const gone = known.findLast(
    ({ document: other }) =>
      !names.has(other.migration) && Object.keys(document.tables).some((table) => Object.hasOwn(other.tables, table)),
  )
  if (gone === undefined) return
  const shared = Object.keys(document.tables).find((table) => Object.hasOwn(gone.document.tables, table))!
  throw refused(
    `The migration ${document.migration} writes to ${shared}, which the migration ${gone.document.migration} has written to, and that one is not in the config`,
    `If it was renamed, keep the name ${gone.document.migration}. If both write to it, list both in one config. Otherwise rebuild: migrate into a new database, or into tables under other names.`,
  )
}

export function refused(sentence: string, remedy: string = REBUILD): ChangeoverError {
  return new ChangeoverError('SCHEMA', `${sentence}.`, { remedy })
}

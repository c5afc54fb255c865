import { ChangeoverError, ownOf } from '../core/index.ts'
import type { Definition } from '../mapping/index.ts'
import type { Generation } from './generations.ts'

const REBUILD = 'Rebuild: migrate into a new database, or define a migration and tables under other names.'

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
  const latest = own.at(-1)
  if (latest === undefined) return checkName(definition, known, all)
  checkOrder(definition, latest)
  const earlier = own.findLast(({ fingerprint }) => fingerprint === definition.fingerprint)
  if (rollBack) return checkRollBack(definition, earlier)
  checkIsNewer(definition, earlier, latest)
  checkKinds(definition, latest)
}

function checkOrder({ document: { migration, source } }: Definition, { document: latest }: Generation): void {
  const [is, was] = [source['order'], latest.source['order']]
  if (is === was) return
  throw refused(
    `The migration ${migration} orders events by ${is}, and so far by ${was}: the same event would have two stamps`,
  )
}

function checkRollBack({ document: { migration } }: Definition, earlier: Generation | undefined): void {
  if (earlier !== undefined) return
  throw refused(
    `The definition of the migration ${migration} was never applied, so there is nothing to go back to`,
    'Apply it without --roll-back, or check out the version of the config that was applied.',
  )
}

function checkIsNewer(
  { document: { migration, revision } }: Definition,
  earlier: Generation | undefined,
  latest: Generation,
): void {
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
}

function checkKinds({ document }: Definition, { document: latest }: Generation): void {
  for (const [name, { kind }] of Object.entries(document.tables)) {
    const was = ownOf(latest.tables, name)?.kind ?? kind
    if (was !== kind) throw refused(`The table ${name} was a ${was} and is now a ${kind}`)
  }
}

// The name of a migration is part of its stamps, so a renamed one would write every value again, next to the old ones.
function checkName({ document }: Definition, known: readonly Generation[], all: readonly Definition[]): void {
  const names = new Set(all.map(({ document: { migration } }) => migration))
  const sharedWith = (other: Generation): string | undefined =>
    Object.keys(document.tables).find((table) => Object.hasOwn(other.document.tables, table))
  const gone = known.findLast((other) => !names.has(other.document.migration) && sharedWith(other) !== undefined)
  if (gone === undefined) return
  const shared = sharedWith(gone)
  throw refused(
    `The migration ${document.migration} writes to ${shared}, which the migration ${gone.document.migration} has written to, and that one is not in the config`,
    `If it was renamed, keep the name ${gone.document.migration}. If both write to it, list both in one config. Otherwise rebuild: migrate into a new database, or define tables under other names.`,
  )
}

/** A change that cannot be registered; the remedy is to rebuild unless another is given. `sentence` has no full stop. */
export function refused(sentence: string, remedy: string = REBUILD): ChangeoverError {
  return new ChangeoverError('SCHEMA', `${sentence}.`, { remedy })
}

import { canonicalJson, ownOf } from '../core/index.ts'
import type { Definition } from '../mapping/index.ts'
import type { TableChange } from '../star/index.ts'
import type { Generation } from './generations.ts'

/** A change of a definition. */
export interface DefinitionChange {
  /** `The table file: the column bytes`, or `The migration history`. */
  readonly subject: string
  /** The end of the sentence. */
  readonly what: string
  /** The table, where one changes. */
  readonly table: string | undefined
  readonly column: string | undefined
  /** Whether past events must be replayed before what changes is complete again. */
  readonly needsReplay: boolean
}

/** What to know of a migration whose definition is the same as before and whose handlers are not. */
export function sameDefinitionChanges({ document, texts }: Definition, before: Generation): DefinitionChange[] {
  const rewritten = document.handled.filter(
    (type) => ownOf(before.texts.handlers, type) !== ownOf(texts.handlers, type),
  )
  if (rewritten.length === 0 && before.texts.include === texts.include) return []
  const which = rewritten.length === 0 ? 'another include function' : `other handlers of ${rewritten.join(', ')}`
  const what = `has ${which}, and the same revision: raise it if they map events otherwise`
  return [ofMigration(document.migration, what, false)]
}

/** How a migration differs from its latest generation, apart from its tables. */
export function migrationChanges({ document, texts }: Definition, before: Generation | undefined): DefinitionChange[] {
  const migration = document.migration
  if (before === undefined) return [ofMigration(migration, 'is new', true)]
  const was = before.document
  const added = document.handled.filter((type) => !was.handled.includes(type))
  const removed = was.handled.filter((type) => !document.handled.includes(type))
  const rewritten = document.handled.filter(
    (type) => was.handled.includes(type) && ownOf(before.texts.handlers, type) !== ownOf(texts.handlers, type),
  )
  const whole: readonly [isChanged: boolean, what: string][] = [
    [was.revision !== document.revision, `has the revision ${document.revision}, after ${was.revision}`],
    [was.capture !== document.capture, 'lets other fields of an event leave the host, or hashes them with another key'],
    [canonicalJson(was.source) !== canonicalJson(document.source), 'reads events from another collection or field'],
    [before.texts.include !== texts.include, 'has another include function'],
  ]
  return [
    ...whole.filter(([isChanged]) => isChanged).map(([, what]) => ofMigration(migration, what, true)),
    ...added.map((type) => ofMigration(migration, `handles the event type ${type}`, true)),
    ...Object.keys(was.tables)
      .filter((table) => !Object.hasOwn(document.tables, table))
      .map((table) =>
        ofMigration(migration, `no longer writes to the table ${table}, whose rows and views stay as they are`, false),
      ),
    ...removed.map((type) => ofMigration(migration, `no longer handles the event type ${type}`, false)),
    ...rewritten.map((type) => ofMigration(migration, `has another handler of ${type}`, true)),
  ]
}

function ofMigration(migration: string, what: string, needsReplay: boolean): DefinitionChange {
  return { subject: `The migration ${migration}`, what, table: undefined, column: undefined, needsReplay }
}

/** A change of a table, with the table named. */
export function ofTable(table: string, { column, what, needsReplay }: TableChange): DefinitionChange {
  const subject = column === undefined ? `The table ${table}` : `The table ${table}: the column ${column}`
  return { subject, what, table, column, needsReplay }
}

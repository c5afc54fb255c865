import { ChangeoverError } from '../core/index.ts'
import {
  STORED_FORMAT,
  type Definition,
  type DefinitionDocument,
  type HandlerTexts,
  type OldestCounting,
} from '../mapping/index.ts'
import {
  datetime,
  instantText,
  int,
  text,
  varchar,
  type PhysicalNames,
  type Relation,
  type Row,
} from '../star/index.ts'
import type { CallOptions, RegistryPort } from '../warehouse/index.ts'
import { instantOf } from './instants.ts'

/** A definition that was applied to the warehouse. */
export interface Generation {
  /** Counts all definitions of all migrations in the warehouse, from 1. */
  readonly number: number
  readonly fingerprint: string
  readonly document: DefinitionDocument
  /** The names of the columns that its workers write to, by table. */
  readonly names: Readonly<Record<string, PhysicalNames>>
  /** The oldest generations whose receipts count under it. */
  readonly counting: OldestCounting
  /** Digests of the handlers' texts when it was applied. */
  readonly texts: HandlerTexts
  readonly appliedAt: Date
}

/** All definitions of a warehouse. The names of its columns must never change, because every version of the package reads it by them. */
export const generationsTable: Relation = Object.freeze<Relation>({
  name: '_generation',
  keyLength: 1,
  columns: [
    { name: 'number', type: int, role: 'key', nullable: false },
    { name: 'migration', type: varchar(40), role: 'value', nullable: false },
    { name: 'fingerprint', type: varchar(64), role: 'value', nullable: false },
    { name: 'definition', type: text, role: 'value', nullable: false },
    { name: 'names', type: text, role: 'value', nullable: false },
    { name: 'counting', type: text, role: 'value', nullable: false },
    { name: 'texts', type: text, role: 'value', nullable: false },
    { name: 'applied_at', type: datetime, role: 'origin', nullable: false },
  ],
  registers: [],
  comment: 'changeover: the definitions that were applied, as JSON; rows carry their numbers',
})

export function generationRow(generation: Generation, documentText: string): Row {
  const { number, fingerprint, document, names, counting, texts, appliedAt } = generation
  return [
    number,
    document.migration,
    fingerprint,
    documentText,
    JSON.stringify(names),
    JSON.stringify(counting),
    JSON.stringify(texts),
    instantText(appliedAt),
  ]
}

/** A row of {@link generationsTable}, read back. Throws a ChangeoverError `SCHEMA` for one of another stored format. */
export function generationOf([
  number,
  migration,
  fingerprint,
  definition,
  names,
  counting,
  texts,
  at,
]: Row): Generation {
  const document = JSON.parse(definition as string) as DefinitionDocument
  if (document.format !== STORED_FORMAT) {
    throw new ChangeoverError(
      'SCHEMA',
      `The warehouse keeps the migration ${migration as string} in the stored format ${document.format}, and this version of changeover reads only ${STORED_FORMAT}.`,
      { remedy: 'Use the version of changeover that applied it last, or migrate into a new database.' },
    )
  }
  return {
    number: number as number,
    fingerprint: fingerprint as string,
    document,
    names: JSON.parse(names as string) as Generation['names'],
    counting: JSON.parse(counting as string) as OldestCounting,
    texts: JSON.parse(texts as string) as HandlerTexts,
    appliedAt: instantOf(at as string),
  }
}

/**
 * All definitions of a warehouse, the earliest first; none when nothing was applied yet. Rejects with a ChangeoverError as `scan`
 * does, and with `SCHEMA` when another version of the package has written them in another form.
 */
export async function readGenerations(
  warehouse: RegistryPort,
  options: CallOptions = {},
): Promise<readonly Generation[]> {
  const generations: Generation[] = []
  try {
    for await (const page of warehouse.scan(generationsTable, options)) generations.push(...page.map(generationOf))
  } catch (thrown) {
    // The table is created by the first apply.
    if (generations.length > 0 || !isMissing(thrown)) throw thrown
  }
  return generations
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof ChangeoverError && thrown.code === 'SCHEMA' && thrown.cause !== undefined
}

/** The definitions of one migration, the earliest first. */
export function generationsOf(generations: readonly Generation[], migration: string): readonly Generation[] {
  return generations.filter(({ document }) => document.migration === migration)
}

/** The latest generation with this definition; undefined when it was never applied. */
export function latestWith(
  generations: readonly Generation[],
  { document, fingerprint }: Definition,
): Generation | undefined {
  return generationsOf(generations, document.migration).findLast((each) => each.fingerprint === fingerprint)
}

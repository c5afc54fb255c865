import type { Generation } from '../../src/ledger/index.ts'
import { register } from '../../src/ledger/register.ts'
import { compile, definitionOf, type CompiledMigration, type Migration } from '../../src/mapping/index.ts'
import type { DefinitionChoice } from './changing.ts'
import { migrationOf } from './changing-migration.ts'

/** A migration as a warehouse knows it once its definition is applied, and all definitions that the warehouse knows then. */
export interface Applied {
  readonly migration: Migration
  readonly compiled: CompiledMigration
  readonly known: readonly Generation[]
}

/** Registers definitions one after the other; one that was registered before is gone back to. */
export function applyAll(choices: readonly DefinitionChoice[], names: readonly string[] = ['changing']): Applied[][] {
  let known: readonly Generation[] = []
  return choices.map((choice) => {
    const migrations = names.map((name) => migrationOf(choice, name))
    const latest = names.map((name) => known.findLast(({ document }) => document.migration === name))
    const fingerprints = migrations.map((migration) => definitionOf(migration).fingerprint)
    const isLatest = fingerprints.every((fingerprint, i) => latest[i]?.fingerprint === fingerprint)
    const rollBack = !isLatest && known.some(({ fingerprint }) => fingerprints.includes(fingerprint))
    const { generations } = register(known, migrations, { rollBack, now: new Date(0) })
    known = [...known, ...generations.map(({ generation }) => generation)]
    return migrations.map((migration, i) => {
      const generation = known.findLast(({ fingerprint }) => fingerprint === fingerprints[i])!
      return { migration, compiled: compile(migration, generation), known }
    })
  })
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { column as c, defineMigration, dimension } from '../../src/exports/index.ts'
import { compileRegistered, readGenerations } from '../../src/ledger/index.ts'
import { definitionOf, type Migration } from '../../src/mapping/index.ts'
import type { RegistryPort } from '../../src/warehouse/index.ts'

interface Registry extends AsyncDisposable {
  readonly warehouse: RegistryPort
  /** What an operator does so that workers with this definition start. */
  applyDefinition(migration: Migration): Promise<void>
}

function migrationOf(columns: readonly string[]): Migration {
  const thing = dimension('thing', {
    key: { id: c.int() },
    columns: Object.fromEntries(columns.map((name) => [name, c.int().nullable()])),
  })
  return defineMigration<{ _id: number; seq: number; type: 'made'; at: Date }>()({
    name: 'things',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { thing },
    on: { made: (e) => thing.create({ id: e._id }, {}) },
  })
}

/** Where a worker finds its definition. `make` returns an empty one. */
export function registryContract(name: string, make: () => Promise<Registry>): void {
  describe(`registry contract: ${name}`, () => {
    const [first, second] = [migrationOf(['a']), migrationOf(['a', 'b'])]
    let registry: Registry
    beforeAll(async () => {
      registry = await make()
    })
    afterAll(() => registry[Symbol.asyncDispose]())

    test('an empty one has no definitions, and takes a worker only when it needs no registration', async () => {
      const { warehouse } = registry
      expect(await readGenerations(warehouse)).toEqual([])
      const compiling = compileRegistered(first, warehouse)
      if (warehouse.hasRegistry) await expect(compiling).rejects.toMatchObject({ code: 'UNREGISTERED' })
      else expect((await compiling).generation).toBe(1)
    })

    test('definitions are numbered in the order in which they were applied, and each worker finds its own', async () => {
      const { warehouse } = registry
      for (const migration of [first, second, second]) await registry.applyDefinition(migration)
      const numbers = warehouse.hasRegistry ? [1, 2] : []
      const generations = await readGenerations(warehouse)
      expect(generations.map(({ number }) => number)).toEqual(numbers)
      expect(generations.map(({ fingerprint }) => fingerprint)).toEqual(
        [first, second].slice(0, numbers.length).map((migration) => definitionOf(migration).fingerprint),
      )
      expect((await compileRegistered(first, warehouse)).generation).toBe(1)
      expect((await compileRegistered(second, warehouse)).generation).toBe(warehouse.hasRegistry ? 2 : 1)
    })

    test('a scan for definitions ends with the reason of its signal', async () => {
      const reason = new Error('stopped')
      const { warehouse } = registry
      if (warehouse.hasRegistry)
        await expect(readGenerations(warehouse, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })
  })
}

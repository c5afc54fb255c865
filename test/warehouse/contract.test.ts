import { memoryWarehouse } from '../../src/warehouse/index.ts'
import { planWarehouse } from '../../src/ledger/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import { registryContract } from '../contract/registry.ts'
import { rowsContract } from '../contract/rows.ts'
import { schemaContract } from '../contract/schema.ts'
import { freshTables } from '../support/fresh.ts'

rowsContract('MySQL', (tables, internal) => freshTables(tables, internal))
rowsContract('in memory', async () => ({ warehouse: memoryWarehouse(), [Symbol.asyncDispose]: async () => {} }))
schemaContract('MySQL', () => freshTables())
registryContract('MySQL', async () => {
  const fresh = await freshTables()
  const { warehouse } = fresh
  const applyDefinition = async (migration: Migration): Promise<void> =>
    warehouse.apply((await planWarehouse(warehouse, [migration])).steps)
  return { warehouse, applyDefinition, [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose]() }
})
registryContract('in memory', async () => ({
  warehouse: memoryWarehouse(),
  applyDefinition: async () => {},
  [Symbol.asyncDispose]: async () => {},
}))

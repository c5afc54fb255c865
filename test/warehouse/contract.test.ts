import { memoryWarehouse } from '../../src/warehouse/index.ts'
import { rowsContract } from '../contract/rows.ts'
import { schemaContract } from '../contract/schema.ts'
import { freshTables } from '../support/fresh.ts'

rowsContract('MySQL', (tables) => freshTables(tables))
rowsContract('in memory', async () => ({ warehouse: memoryWarehouse(), [Symbol.asyncDispose]: async () => {} }))
schemaContract('MySQL', () => freshTables())

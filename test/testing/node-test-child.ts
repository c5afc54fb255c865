// Tests of Node's own runner, one of which is meant to fail: see check-convergence.test.ts.
import { after, test } from 'node:test'
import { checkConvergence } from '../../src/testing/index.ts'
import { mysqlWarehouse } from '../../src/warehouse/index.ts'
import { namings, someEvents, thing } from './naming.ts'

const warehouse = mysqlWarehouse(process.env['MYSQL_URL'])
after(() => warehouse.close())

void test('a good mapping converges', () => checkConvergence(namings(), someEvents(), warehouse, { runs: 5 }))

void test('an impure one does not', () => {
  const impure = namings((e) => thing.create({ id: e.id }, { random: Math.random() }))
  return checkConvergence(impure, someEvents(), warehouse)
})

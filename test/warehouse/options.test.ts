import { expect, test } from 'vitest'
import { DEFAULT_RETRY, mysqlWarehouse, type MysqlWarehouseOptions } from '../../src/warehouse/index.ts'

const URL = 'mysql://root@127.0.0.1:1/nowhere'
const BAD = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4'] as number[]

const cases: [string, (value: number) => MysqlWarehouseOptions][] = [
  ['connections', (connections) => ({ connections })],
  ['readers', (readers) => ({ readers })],
  ['connectTimeoutMs', (connectTimeoutMs) => ({ connectTimeoutMs })],
  ['retry.tries', (tries) => ({ retry: { ...DEFAULT_RETRY, tries } })],
  ['retry.baseMs', (baseMs) => ({ retry: { ...DEFAULT_RETRY, baseMs } })],
  ['retry.capMs', (capMs) => ({ retry: { ...DEFAULT_RETRY, capMs } })],
]

test.each(cases)('%s must be a whole number from 1', async (name, optionsWith) => {
  for (const value of BAD) {
    expect(() => mysqlWarehouse(URL, optionsWith(value))).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringContaining(`The option ${name} of mysqlWarehouse is `) as string,
        remedy: 'Use a whole number from 1.',
      }),
    )
  }
  await mysqlWarehouse(URL, optionsWith(1)).close()
})

test('an option that is undefined has its default', async () => {
  const options = { connections: undefined, readers: undefined, retry: undefined } as object
  await mysqlWarehouse(URL, options).close()
})

test.each(['statementTimeoutMs', 'longStatementTimeoutMs'])(
  '%s must be a number of milliseconds that a timer takes',
  (name) => {
    for (const value of [...BAD, 2 ** 31]) {
      expect(() => mysqlWarehouse(URL, { [name]: value })).toThrow(
        expect.objectContaining({ code: 'CONFIG', remedy: 'Use a whole number from 1 to 2147483647.' }),
      )
    }
  },
)

import { expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { countWithoutReceipt } from '../../src/ledger/index.ts'
import { HISTORY, runCli } from '../cli/run-cli.ts'
import { someHistory, staged } from './history.ts'

it('migrate --heal replays what the observers recorded as missed', async () => {
  const stage = await staged(await someHistory(20))
  const env = { MYSQL_URL: stage.mysqlUrl, MONGODB_URL: stage.mongoUrl }
  expect(await runCli(['migrate', '-c', HISTORY, '--heal', '--json'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"healed":0,"open":0,"events":0') as unknown,
  })
  const window = { kind: 'window', migration: 'history', instance: 'a', reason: 'flag-off', state: 'closed', writes: 1 }
  const times = { from: null, to: null, openedAt: new Date(), updatedAt: new Date() }
  await stage.mongo.collection('changeover_coverage').insertOne({ ...window, ...times, events: 20 })
  const healed = await runCli(['migrate', '-c', HISTORY, '--heal'], env)
  expect(healed).toMatchObject({ code: 0, stdout: expect.stringMatching(/history: 1 windows? healed/) as unknown })
  expect(await countWithoutReceipt(history, stage.source.idsBetween(null, null), stage.warehouse)).toBe(0)
})

import { expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { countWithoutReceipt } from '../../src/ledger/index.ts'
import { HISTORY, runCli } from '../cli/run-cli.ts'
import { fileCreated, someHistory, staged } from './history.ts'

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

it('migrate --heal exits with 1 when an event that was missed has a type that the mapping does not know', async () => {
  const stage = await staged([fileCreated(1), { ...fileCreated(2), type: 'file.renamed' }])
  const env = { MYSQL_URL: stage.mysqlUrl, MONGODB_URL: stage.mongoUrl }
  const window = { kind: 'window', migration: 'history', instance: 'a', reason: 'flag-off', state: 'closed', writes: 1 }
  const times = { from: null, to: null, openedAt: new Date(), updatedAt: new Date() }
  await stage.mongo.collection('changeover_coverage').insertOne({ ...window, ...times, events: 1 })
  const healed = await runCli(['migrate', '-c', HISTORY, '--heal'], env)
  expect(healed).toMatchObject({ code: 1, stdout: expect.stringContaining('"file.renamed" (1)') as unknown })
})

import { expect, inject, test } from 'vitest'
import { isSound, runCampaign } from './kills/campaign.ts'
import { planKills } from './kills/kinds.ts'
import { reportOf } from './kills/report.ts'

const SEED = Number(process.env['CHANGEOVER_SEED'] ?? 20)

test('nothing is lost, and every table is as expected, after 20 kills of sinks, migrations, connections and the server', async () => {
  const servers = { mongoUrl: inject('mongoUrl'), sqs: inject('sqs') }
  const outcome = await runCampaign({ kills: 20, seed: SEED, engine: inject('engine'), servers })
  expect(isSound(outcome), reportOf(outcome)).toBe(true)
  expect(outcome.struck).toHaveLength(20)
  expect(outcome.runs.resumed).toBeGreaterThan(0)
}, 300_000)

test('the seed decides the kills, and a campaign has every kind', () => {
  const plan = planKills(20, SEED)
  expect(planKills(20, SEED)).toEqual(plan)
  expect(planKills(20, SEED + 1)).not.toEqual(plan)
  expect(new Set(plan.map(({ kind }) => kind)).size).toBe(7)
})

// `npm run campaign:kills -- --engine mysql --kills 300 --seed 1`
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startStack, type Engine } from '../../../dev/stack/index.ts'
import { isSound, runCampaign } from './campaign.ts'
import { reportOf } from './report.ts'

const ENGINES: Readonly<Record<string, Engine>> = { mariadb: 'MariaDB', mysql: 'MySQL' }

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    engine: { type: 'string', default: 'mariadb' },
  },
})
const [kills, seed, engine] = [Number(values.kills), Number(values.seed), ENGINES[values.engine]]
const say = (line: string): void => void process.stderr.write(`${line}\n`)
process.exitCode = 2
if (!engine || !Number.isSafeInteger(kills) || !Number.isSafeInteger(seed)) {
  say('Usage: npm run campaign:kills -- [--engine mariadb|mysql] [--kills 300] [--seed N]')
} else {
  say(`Replay this with --engine ${values.engine} --kills ${kills} --seed ${seed}`)
  await using stack = await startStack({ only: ['mongodb', 'sqs'], say })
  const outcome = await runCampaign({ kills, seed, engine, servers: stack, say })
  process.stdout.write(`${reportOf(outcome)}\n`)
  process.exitCode = isSound(outcome) ? 0 : 1
}

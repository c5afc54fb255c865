import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freshMongo, freshSchema } from '../support/fresh.ts'
import { configOf, expectComplaint, runCli, type Ended, type Env } from './run-cli.ts'

const CONFIG = configOf('changing')

let env: Env

/** Runs a command with one of the config's definitions. */
const cli = (command: string, definition: string, ...more: readonly string[]): Promise<Ended> =>
  runCli([command, '-c', CONFIG, ...more], { ...env, DEFINITION: definition })

async function printed(command: string, definition: string, ...more: readonly string[]): Promise<unknown> {
  return JSON.parse((await cli(command, definition, '--json', ...more)).stdout) as unknown
}

const hashOf = ({ stdout }: Ended): string => /--expect ([0-9a-f]{16})/.exec(stdout)![1]!

beforeEach(async () => {
  const schema = await freshSchema()
  const source = await freshMongo()
  onTestFinished(async () => {
    await schema[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
  })
  env = { MYSQL_URL: schema.url, MONGODB_URL: source.url }
  const events = Array.from({ length: 8 }, (_, i) => ({
    _id: i,
    seq: i,
    no: -i,
    type: 'rented',
    at: new Date(Date.UTC(2024, 1, 28 + i)),
    bike: i % 4,
    station: `station ${i % 3}`,
  }))
  await source.client.db().collection<{ _id: number }>('events').insertMany(events)
})

describe('plan and apply, when definitions change', () => {
  it('say what each change means, how many events it asks for, and which reports read it', async () => {
    expect((await cli('apply', 'first')).code).toBe(0)
    expect((await cli('migrate', 'first')).code).toBe(0)
    const planned = await cli('plan', 'personal')
    expect(planned.stdout).toContain(
      '-- The table bike: the column seen is new (online; needs a migration). Reports that read it: bikes.\n',
    )
    expect(planned.stdout).toMatch(
      /-- The table bike: the column station .* in a separate physical column.* Reports that read it: bikes_by_station, bikes\.\n/,
    )
    expect(planned.stdout).toContain('-- 8 events of rental to be replayed after it: run changeover migrate.\n')
    expect(await printed('plan', 'personal')).toMatchObject({
      hash: hashOf(planned),
      generations: [{ number: 2, migration: 'rental' }],
      meaning: { replay: { rental: 8 } },
    })
  })

  it('apply the plan that was seen, or nothing', async () => {
    await cli('apply', 'first')
    const hash = hashOf(await cli('plan', 'second'))
    expectComplaint(await cli('apply', 'personal', '--expect', hash), hash, 'Nothing was applied')
    expect(await printed('status', 'first')).toMatchObject({ migrations: [{ generation: 1, latest: 1 }] })
    expect((await cli('apply', 'second', '--expect', hash)).code).toBe(0)
    expect(await printed('status', 'second')).toMatchObject({ migrations: [{ generation: 2, latest: 2 }] })
  })

  it.each([
    ['lowered', 'has the revision 1, and the warehouse has seen 2'],
    ['reordered', 'orders events by no, and so far by seq'],
    ['renamed', 'writes to bike, which the migration rental has written to'],
  ])('refuse a definition that is %s, and change nothing', async (definition, sentence) => {
    await cli('apply', 'second')
    for (const command of ['plan', 'apply']) expectComplaint(await cli(command, definition), sentence)
    expect((await cli('plan', 'second')).stdout).toContain('is up to date.')
  })

  it('go back only when told to, and never to what was there before it became personal', async () => {
    await cli('apply', 'first')
    await cli('migrate', 'first')
    await cli('apply', 'personal')
    expectComplaint(await cli('apply', 'first'), 'is that of generation 1, and the warehouse is at 2', '--roll-back')
    expectComplaint(await cli('apply', 'second', '--roll-back'), 'was never applied')
    expect(await cli('apply', 'first', '--roll-back')).toMatchObject({ code: 0 })
    expect(await printed('status', 'first')).toMatchObject({ migrations: [{ generation: 3, latest: 3 }] })
    const bikes = await printed('reconcile', 'first', '-r', 'bikes')
    expect(JSON.stringify(bikes)).not.toContain('station 1')
    expect((await cli('migrate', 'first')).code).toBe(0)
    expect(JSON.stringify(await printed('reconcile', 'first', '-r', 'bikes'))).toContain('station 1')
  })
})

describe('status', () => {
  it('says what was not applied, not migrated and to be replayed, and exits with 0 when nothing is left', async () => {
    const never = await cli('status', 'first')
    expect(never).toMatchObject({ code: 1, stderr: '' })
    expect(never.stdout).toContain('rental: the definition in the config was not applied. Run changeover apply.')
    await cli('apply', 'first')
    const empty = await cli('status', 'first')
    expect(empty.code).toBe(1)
    expect(empty.stdout).toContain('No migration of all its tables has reached its end since: run changeover migrate.')
    await cli('migrate', 'first')
    expect(await cli('status', 'first')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('rental: generation 1.') as unknown,
    })
    await cli('apply', 'second')
    const waiting = await cli('status', 'second')
    expect(waiting.code).toBe(1)
    expect(waiting.stdout).toContain('8 events to be replayed: run changeover migrate.')
    expect(waiting.stdout).not.toContain('worker')
    expect((await cli('migrate', 'second')).code).toBe(0)
    expect((await cli('status', 'second')).stdout).not.toContain('to be replayed')
  })
})

describe('migrate', () => {
  it('does not start before the definition is applied', async () => {
    expectComplaint(await cli('migrate', 'first'), 'was not applied to this warehouse', 'Run changeover apply.')
  })

  it('limited to a table that does not exist is refused', async () => {
    await cli('apply', 'first')
    expectComplaint(await cli('migrate', 'first', '--tables', 'bikes'), 'has no table "bikes"', 'bike')
  })
})

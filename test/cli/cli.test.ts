import { describe, expect, inject, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { definitionOf, senderOf } from '../../src/mapping/index.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { history } from '../../examples/history/migration.ts'
import { directly, fileCreated, someHistory, staged } from '../migrate/history.ts'
import { contentOf } from '../migrate/snapshot.ts'
import { isEmpty, messagesOf, sendAll } from '../sink/sinking.ts'
import { freshMongo, freshQueue, freshSchema } from '../support/fresh.ts'
import { configOf, HISTORY, migrationsIn, runCli, startCli, type Ended } from './run-cli.ts'
import { sql } from '../support/sql.ts'

const json = ({ stdout }: Ended): unknown => JSON.parse(stdout) as unknown

/** The settings of the AWS client other than the queue. */
function awsEnv() {
  const { endpoint, region, credentials } = inject('sqs')
  return {
    SQS_ENDPOINT: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

describe('the command line', () => {
  it('prints the vschema for the tables of the config, connected to nothing', async () => {
    const printed = await runCli(['vschema', '-c', HISTORY], {})
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    const sharded = (column: string) => ({ column_vindexes: [{ column, name: 'binary_md5' }] })
    expect(json(printed)).toMatchObject({
      sharded: true,
      tables: { dim_file: sharded('path'), file: sharded('path'), _receipt_history: sharded('event_id') },
    })
    expect(json(await runCli(['vschema', '-c', HISTORY, '--json'], {}))).toEqual(json(printed))
  })

  it('plans, applies, migrates and reconciles', async () => {
    await using schema = await freshSchema()
    await using source = await freshMongo()
    const events = await someHistory(300)
    await source.client.db().collection('events').insertMany(events)
    const env = { MYSQL_URL: schema.url, MONGODB_URL: source.url }

    const planned = await runCli(['plan', '-c', HISTORY], env)
    expect(planned).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('CREATE TABLE') as unknown })
    expect(planned.stdout).toMatch(
      /^-- mysql:.*: \d+ changes pending\. To apply exactly these: changeover apply --expect [0-9a-f]{16}\n$/m,
    )
    const applied = await runCli(['apply', '-c', HISTORY, '--json'], env)
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(json(applied)).toMatchObject({ steps: expect.any(Array) as unknown })
    expect(await runCli(['apply', '-c', HISTORY], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is up to date.') as unknown,
    })

    const migrated = await runCli(['migrate', '-c', HISTORY, '--json', '--ranges', '2', '--parallel', '1'], env)
    expect(migrated).toMatchObject({ code: 0 })
    expect(json(migrated)).toMatchObject({
      events: 300,
      applied: 300,
      quarantined: 0,
      late: 0,
      unmapped: 0,
      resumed: false,
    })
    expect(await runCli(['migrate', '-c', HISTORY], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^history: 300 events in .*\n {2}applied 300, /) as unknown,
    })

    const reconciled = await runCli(['reconcile', '-c', HISTORY, '--json'], env)
    expect(reconciled).toMatchObject({ code: 0, stderr: '' })
    expect(json(reconciled)).toMatchObject({
      reports: {
        files_by_folder: { verdict: 'agree' },
        commits_by_year: { verdict: 'agree' },
        commits_by_author: { verdict: 'agree' },
      },
    })
  })

  it('exits with 1 for a difference, and shows its row', async () => {
    const stage = await staged(await someHistory(100), migrationsIn(HISTORY))
    const env = { MYSQL_URL: stage.mysqlUrl, MONGODB_URL: stage.mongoUrl }
    expect(await runCli(['migrate', '-c', HISTORY], env)).toMatchObject({ code: 0 })
    await sql(stage.warehouse, "INSERT INTO dim_file (path, bytes, _live) VALUES ('planted/x', 7, 1)").catch(() =>
      sql(stage.warehouse, 'UPDATE dim_file SET bytes = bytes + 1'),
    )
    const ended = await runCli(['reconcile', '-c', HISTORY, '-r', 'files_by_folder'], env)
    expect(ended).toMatchObject({ code: 1, stderr: '' })
    expect(ended.stdout).toMatch(/^files_by_folder: differ in \d+ rows?, .*\n {2}\{"folder":/)
  })

  it('exits with 1 when events were quarantined, and prints the reason: an operation on a table that is not listed', async () => {
    await using schema = await freshSchema()
    await using source = await freshMongo()
    const made = { _id: 1, type: 'made' }
    await source.client.db().collection<typeof made>('events').insertOne(made)
    const env = { MYSQL_URL: schema.url, MONGODB_URL: source.url }
    await runCli(['apply', '-c', configOf('several')], env)
    const ended = await runCli(['migrate', '-c', configOf('several'), '-m', 'second'], env)
    expect(ended.code).toBe(1)
    expect(ended.stdout).toContain("an operation on stranger, which is not among the migration's tables")
  })

  it.each([[['--help']], [['migrate', '--help']], [['help']]])('prints its usage: %j', async (args) => {
    const ended = await runCli(args)
    expect(ended).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: changeover') as unknown,
    })
  })
})

describe('the sink', () => {
  it('works until it is stopped, and then prints what it did', async () => {
    const stage = await staged([], migrationsIn(HISTORY))
    await using own = await freshQueue()
    const events = await someHistory(100)
    await sendAll(own.queue, [...messagesOf(events, 10), 'garbage'])
    const env = { MYSQL_URL: stage.mysqlUrl, SQS_QUEUE_URL: own.url, ...awsEnv() }
    const { child, ended } = startCli(['sink', '-c', HISTORY, '--json'], env)
    await until(() => isEmpty(own.queue), { signal: AbortSignal.timeout(40_000), everyMs: 50 })
    child.kill('SIGTERM')
    const end = await ended
    expect(end).toMatchObject({ code: 0, signal: null })
    expect(json(end)).toMatchObject({ messages: 11, received: 100, applied: 100, malformed: 1 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('names the event types that the mapping does not know, and exits with 1', async () => {
    const stage = await staged([])
    await using own = await freshQueue()
    const unknown = encodeEvent({ ...fileCreated(2), type: 'file.renamed' })
    await sendAll(own.queue, [encodeMessage(senderOf(definitionOf(history)), [encodeEvent(fileCreated(1)), unknown])])
    const env = { MYSQL_URL: stage.mysqlUrl, SQS_QUEUE_URL: own.url, ...awsEnv() }
    const { child, ended } = startCli(['sink', '-c', HISTORY], env)
    await until(() => isEmpty(own.queue), { signal: AbortSignal.timeout(40_000), everyMs: 50 })
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({
      code: 1,
      stdout:
        'history: 2 events in 1 message; applied 1, quarantined 1 event and 0 messages.\n' +
        '  1 event is of a type that the mapping does not know: "file.renamed" (1). Write a handler for each, or map it to \'ignore\'.\n',
    })
  })

  it('stops at once while it waits, also on SIGINT', async () => {
    const stage = await staged([], migrationsIn(HISTORY))
    await using own = await freshQueue()
    const env = { MYSQL_URL: stage.mysqlUrl, SQS_QUEUE_URL: own.url, ...awsEnv() }
    const { child, ended } = startCli(['sink', '-c', HISTORY, '--verbose'], env)
    let said = ''
    child.stderr!.on('data', (bytes) => (said += String(bytes)))
    await until(() => said.includes('until stopped'), { signal: AbortSignal.timeout(40_000) })
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringContaining('0 events in 0 messages') as unknown })
  })
})

describe('a migration whose process is killed', () => {
  it('resumes where it stopped when it is started again', async () => {
    const events = await someHistory(2500)
    const stage = await staged(events, migrationsIn(configOf('killed')))
    const env = { MYSQL_URL: stage.mysqlUrl, MONGODB_URL: stage.mongoUrl }
    const args = ['migrate', '-c', configOf('killed'), '--json', '--ranges', '1']
    expect(await runCli(args, { ...env, KILL_AT: '2100' })).toMatchObject({ code: null, signal: 'SIGKILL' })
    const again = await runCli(args, env)
    expect(again).toMatchObject({ code: 0 })
    expect(json(again)).toMatchObject({ resumed: true, events: 501, quarantined: 0 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })
})

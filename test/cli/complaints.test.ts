import { describe, expect, inject, it } from 'vitest'
import { unsupportedNode } from '../../src/cli/node-version.ts'
import { someHistory, staged } from '../migrate/history.ts'
import { freshMongo, freshName, freshQueue, freshSchema, onServer } from '../support/fresh.ts'
import { configOf, expectComplaint, HISTORY, migrationsIn, runCli } from './run-cli.ts'

const nowhere = { MYSQL_URL: 'mysql://u:hush-hush@127.0.0.1:1/w', MONGODB_URL: 'mongodb://u:hush-hush@127.0.0.1:1/app' }

describe('a wrong command line', () => {
  it.each<[string, string[], (string | RegExp)[]]>([
    ['an unknown command', ['migrat'], ["unknown command 'migrat'", 'changeover --help']],
    ['an unknown option', ['migrate', '--rangs', '3'], ['--rangs']],
    [
      'a number of ranges that is not a number',
      ['migrate', '--ranges', 'many'],
      ['--ranges', '"many"', 'whole number'],
    ],
    ['no ranges at all', ['migrate', '--ranges', '0'], ['--ranges', '"0"']],
    ['an outage that is not a number', ['migrate', '--heal', '--outage', 'long'], ['--outage', '"long"', 'from 0']],
    ['a negative number', ['migrate', '--parallel=-1'], ['--parallel', '"-1"']],
    ['no config', ['apply', '-c', 'no/such.config.ts'], ['no/such.config.ts', '--config']],
    [
      'a config file that exports no config',
      ['apply', '-c', configOf('empty')],
      ['empty.config.ts', 'export default defineConfig'],
    ],
    ['a config that cannot be loaded', ['apply', '-c', configOf('broken')], ['broken.config.ts', 'nowhere.ts']],
    ['two tables with the same name', ['apply', '-c', configOf('duplicate')], ['named thing', 'rename one of the two']],
    ['several migrations, with none chosen', ['migrate', '-c', configOf('several')], ['--migration', 'first, second']],
    ['an unknown migration', ['migrate', '-c', HISTORY, '-m', 'future'], ['named future', 'It has history']],
    ['an unknown report', ['reconcile', '-c', HISTORY, '-r', 'sales'], ['named sales', 'files_by_folder']],
    ['no reports', ['reconcile', '-c', configOf('several')], ['no reports']],
  ])('prints a one-line error: %s', async (_, args, names) => {
    expectComplaint(await runCli(args, nowhere), ...names)
  })

  it.each([
    ['MYSQL_URL', ['apply']],
    ['MYSQL_URL', ['migrate']],
    ['MONGODB_URL', ['migrate']],
    ['MONGODB_URL', ['reconcile']],
    ['SQS_QUEUE_URL', ['sink']],
  ])('prints a one-line error: %s is not set (%j)', async (name, args) => {
    await using schema = await freshSchema()
    const env = { MYSQL_URL: schema.url, MONGODB_URL: inject('mongoUrl'), [name]: undefined }
    const ended = await runCli([...args, '-c', HISTORY], env)
    expectComplaint(ended, `The environment variable ${name} is not set.`, `Set it, for example: ${name}=`)
  })
})

describe('an unusable server', () => {
  it.each(['apply', 'migrate', 'reconcile'])('prints a one-line error: no MySQL (%s)', async (command) => {
    const env = { MYSQL_URL: nowhere.MYSQL_URL, MONGODB_URL: inject('mongoUrl') }
    const ended = await runCli([command, '-c', HISTORY], env)
    expectComplaint(ended, 'mysql://u@127.0.0.1:1/w', 'cannot be reached', 'MYSQL_URL', /^(?!.*hush)/)
  })

  it.each(['migrate', 'reconcile'])('prints a one-line error: no MongoDB (%s)', async (command) => {
    const { mysqlUrl } = await staged([], migrationsIn(HISTORY))
    const ended = await runCli([command, '-c', HISTORY], { MYSQL_URL: mysqlUrl, MONGODB_URL: nowhere.MONGODB_URL })
    expectComplaint(ended, 'mongodb://u@127.0.0.1:1/app', 'MONGODB_URL', /^(?!.*hush)/)
  })

  it.each<[string, string, (string | RegExp)[]]>([
    ['MYSQL_URL', 'postgres://u:hush-hush@127.0.0.1/w', ['not a MySQL URL', 'mysql://user:password@host']],
    ['MYSQL_URL', 'u:hush-hush@127.0.0.1', ['not a MySQL URL']],
    ['MONGODB_URL', 'http://u:hush-hush@127.0.0.1/app', ['MONGODB_URL']],
    ['MONGODB_URL', 'mongodb://u:hush-hush@@127.0.0.1/app', ['MONGODB_URL']],
    ['MONGODB_URL', 'mongodb://127.0.0.1/app?authMechanismProperties=hush-hush', ['MONGODB_URL']],
  ])('prints a one-line error: %s is %s', async (name, value, names) => {
    const { mysqlUrl, mongoUrl } = await staged([], migrationsIn(HISTORY))
    const env = { MYSQL_URL: mysqlUrl, MONGODB_URL: mongoUrl, [name]: value }
    expectComplaint(await runCli(['migrate', '-c', HISTORY], env), ...names, /^(?!.*hush)/)
  })

  it.each<[string, (url: URL) => string, (string | RegExp)[]]>([
    [
      'a wrong password',
      (url) => Object.assign(url, { username: 'u', password: 'hush-hush', search: '?authSource=admin' }).href,
      [/denied access to mongodb:\/\/u@/, 'Check the user and the password in MONGODB_URL'],
    ],
    [
      'a host that does not exist',
      () => 'mongodb://u:hush-hush@nowhere.invalid/app',
      [/failed at mongodb:\/\/u@nowhere\.invalid\/app: getaddrinfo/, 'MONGODB_URL'],
    ],
    [
      'a service that does not exist',
      () => 'mongodb+srv://u:hush-hush@nowhere.invalid/app',
      [/failed at mongodb\+srv:\/\/u@nowhere\.invalid\/app: querySrv/, 'MONGODB_URL'],
    ],
    [
      'a port that does not exist',
      () => 'mongodb://u:hush-hush@127.0.0.1:99999/app',
      ['mongodb://u@127.0.0.1:99999/app cannot be used', 'Write MONGODB_URL as mongodb://'],
    ],
    [
      'an option that does not exist',
      () => 'mongodb://u:hush-hush@127.0.0.1/app?reedPreference=secondary',
      ['option reedpreference is not supported', 'Write MONGODB_URL as mongodb://'],
    ],
  ])('prints a one-line error: MongoDB and %s', async (_, urlOf, names) => {
    const { mysqlUrl, mongoUrl } = await staged([])
    const env = { MYSQL_URL: mysqlUrl, MONGODB_URL: urlOf(new URL(mongoUrl)) }
    expectComplaint(await runCli(['reconcile', '-c', HISTORY], env), ...names, /^(?!.*hush)/)
  })

  it('shows a stack trace with --verbose, after the same sentence and without secrets', async () => {
    const ended = await runCli(['apply', '-c', HISTORY, '--verbose'], { MYSQL_URL: nowhere.MYSQL_URL })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(/^changeover: The warehouse at .* MYSQL_URL .*\n/)
    expect(ended.stderr).toMatch(/\n\s+at /)
    expect(ended.stderr + ended.stdout).not.toContain('hush')
  })

  it.each([
    ['a wrong password', 'wrong-hush', [/denied/i, 'Check the user and the password in MYSQL_URL']],
    ['a user without rights', 'hush-hush', [/denied/i, 'docs/reference/rights.md']],
  ])('prints a one-line error: MySQL and %s', async (_, password, names) => {
    await using schema = await freshSchema()
    const user = freshName().slice(-20)
    await onServer(`CREATE USER '${user}'@'%' IDENTIFIED BY 'hush-hush'`)
    try {
      const url = new URL(schema.url)
      ;[url.username, url.password] = [user, password]
      expectComplaint(await runCli(['apply', '-c', HISTORY], { MYSQL_URL: url.href }), user, ...names, /^(?!.*hush)/)
    } finally {
      await onServer(`DROP USER '${user}'@'%'`)
    }
  })

  it('prints a one-line error: a MySQL database that does not exist', async () => {
    const url = new URL(inject('mysqlUrl'))
    url.pathname = '/no_such_database'
    expectComplaint(
      await runCli(['apply', '-c', HISTORY], { MYSQL_URL: url.href }),
      'no_such_database',
      'changeover apply',
    )
  })

  it('prints a one-line error: a MongoDB database or collection that does not exist', async () => {
    const { mysqlUrl, mongoUrl } = await staged([], migrationsIn(HISTORY))
    const ended = await runCli(['migrate', '-c', HISTORY], { MYSQL_URL: mysqlUrl, MONGODB_URL: mongoUrl })
    expectComplaint(ended, /no collection changeover_test_\w+\.events/, 'MONGODB_URL')
  })

  it('prints a one-line error and changes nothing: tables that were not applied yet', async () => {
    await using schema = await freshSchema()
    await using source = await freshMongo()
    await source.client
      .db()
      .collection('events')
      .insertMany(await someHistory(3))
    const env = { MYSQL_URL: schema.url, MONGODB_URL: source.url }
    expectComplaint(
      await runCli(['migrate', '-c', HISTORY], env),
      'was not applied to this warehouse',
      'changeover apply',
    )
    const reconciled = await runCli(['reconcile', '-c', HISTORY], env)
    expect(reconciled).toMatchObject({ code: 2, stderr: '' })
    expect(reconciled.stdout).toMatch(/^files_by_folder: failed: .* changeover apply\n/)
    expect(await runCli(['plan', '-c', HISTORY, '--json'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('CREATE TABLE IF NOT EXISTS `_receipt_history`') as unknown,
    })
  })

  it.each([
    ['does not exist', 'http://127.0.0.1/000000000000/nothing', ['nothing', /does not exist/i]],
    ['is not a URL', 'nothing', ['queue URL', 'get-queue-url']],
    ['is a FIFO queue', 'https://sqs.eu-central-1.amazonaws.com/1/events.fifo', ['FIFO', 'standard queue']],
  ])('prints a one-line error: a queue that %s', async (_, queueUrl, names) => {
    const { mysqlUrl } = await staged([], migrationsIn(HISTORY))
    const { endpoint, region, credentials } = inject('sqs')
    const ended = await runCli(['sink', '-c', HISTORY], {
      MYSQL_URL: mysqlUrl,
      SQS_ENDPOINT: endpoint,
      SQS_QUEUE_URL: queueUrl,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    })
    expectComplaint(ended, ...names)
  })

  it('prints a one-line error: AWS without a region or credentials', async () => {
    const { mysqlUrl } = await staged([], migrationsIn(HISTORY))
    await using own = await freshQueue()
    const env = { MYSQL_URL: mysqlUrl, SQS_QUEUE_URL: own.url, AWS_EC2_METADATA_DISABLED: 'true' }
    expectComplaint(await runCli(['sink', '-c', HISTORY], env), /region/i, 'AWS_REGION')
    const nobody = await runCli(['sink', '-c', HISTORY], { ...env, HOME: '/nonexistent', AWS_REGION: 'eu-central-1' })
    expectComplaint(nobody, /credentials/i, 'AWS_ACCESS_KEY_ID')
  })
})

describe('an old Node', () => {
  it.each(['22.18.0', '22.19.1', '23.0.0', '24.11.0', '100.0.0'])('does not include %s', (version) => {
    expect(unsupportedNode(version)).toBeUndefined()
  })

  it.each(['22.17.1', '22.9.0', '20.20.2', '8.0.0', '0.12.0', 'nonsense'])(
    'includes %s, which gets an error message',
    (version) => {
      expect(unsupportedNode(version)).toContain(`this is Node ${version}; changeover requires Node 22.18 or later.`)
    },
  )
})

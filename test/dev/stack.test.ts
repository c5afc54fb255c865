import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startStack, thisMachine } from '../../dev/stack/index.ts'
import type { Machine, Stack } from '../../dev/stack/index.ts'
import { until } from '../../src/core/abort.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { descendants, folders, processes } from './processes.ts'

/** The first run may install things. */
const START_MS = 300_000

const PATH = { PATH: process.env.PATH, HOME: process.env.HOME }
const empty = mkdtempSync(join(tmpdir(), 'changeover-test-'))
afterAll(() => rmSync(empty, { recursive: true }))

function bareMachine(over: Partial<Machine> = {}): Machine {
  return {
    env: {},
    isRoot: false,
    cache: empty,
    which: () => undefined,
    downloadedMongod: async () => undefined,
    answers: async () => false,
    ...over,
  }
}

async function failure(of: Promise<unknown>): Promise<ChangeoverError> {
  const thrown = await of.then(
    () => expect.unreachable('it started'),
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(ChangeoverError)
  return thrown as ChangeoverError
}

describe('a whole stack', () => {
  let stack: Stack
  const before = new Set(descendants(process.pid).map(({ pid }) => pid))
  beforeAll(async () => {
    stack = await startStack({ say: console.error })
  }, START_MS)
  afterAll(() => stack?.stop())

  test('reports what it found', () => {
    expect(stack.found.map((line) => line.split(' ')[0])).toEqual(['database', 'mongodb', 'sqs', 'flags'])
  })

  test('has a database server that creates databases', async () => {
    const connection = await createConnection(stack.databaseUrl)
    const name = `stack_test_${process.pid}`
    await connection.query(`create database ${name}`)
    await connection.query(`create table ${name}.t (id int primary key)`)
    await connection.query(`insert into ${name}.t values (1)`)
    const [rows] = await connection.query(`select * from ${name}.t`)
    await connection.query(`drop database ${name}`)
    await connection.end()
    expect(rows).toEqual([{ id: 1 }])
  })

  test('has a MongoDB with transactions and change streams', async () => {
    await using client = await new MongoClient(stack.mongoUrl).connect()
    const database = client.db(`stack_test_${process.pid}`)
    const events = database.collection<{ _id: string }>('events')
    await events.insertOne({ _id: 'before' })
    await using changes = events.watch()
    await changes.tryNext()
    await client.withSession((session) =>
      session.withTransaction(() => events.insertOne({ _id: 'inside' }, { session })),
    )
    expect(await changes.next()).toMatchObject({ operationType: 'insert', documentKey: { _id: 'inside' } })
    await database.dropDatabase()
  })

  test('has an SQS API', async () => {
    const client = new SQSClient(stack.sqs)
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: `stack-test-${process.pid}` }))
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }))
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))
    client.destroy()
    expect(Messages?.map(({ Body }) => Body)).toEqual(['hello'])
  })

  test('stops once, and leaves no process and no folder', { timeout: 60_000 }, async () => {
    const ours = descendants(process.pid).filter(({ pid }) => !before.has(pid))
    const data = folders(ours)
    const stopping = stack.stop()
    expect(stack.stop()).toBe(stopping)
    await stopping
    const left = new Set(processes().map(({ pid }) => pid))
    expect(ours.filter(({ pid, command }) => left.has(pid) && !command.startsWith('ps '))).toEqual([])
    expect(data.filter((folder) => existsSync(folder))).toEqual([])
  })
})

test('a stack ends with its program, even when the program is killed', { timeout: START_MS }, async () => {
  const program = fork(fileURLToPath(new URL('only-mysql.ts', import.meta.url)), { execArgv: [], env: PATH })
  await once(program, 'message')
  const ours = descendants(program.pid ?? 0)
  const data = folders(ours)
  expect(ours.map(({ command }) => command)).toContainEqual(expect.stringMatching(/(mariadbd|mysqld) /))
  expect(data).toHaveLength(1)

  program.kill('SIGKILL')
  await until(
    () => {
      const alive = new Set(processes().map(({ pid }) => pid))
      return !ours.some(({ pid }) => alive.has(pid)) && !data.some((folder) => existsSync(folder))
    },
    { signal: AbortSignal.timeout(30_000) },
  )
})

describe('both engines', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ only: ['mariadb', 'mysql'], say: console.error })
  }, START_MS)
  afterAll(() => stack?.stop())

  test.each([
    ['mariadb', /mariadb/i],
    ['mysql', /^(?!.*mariadb)/i],
  ] as const)('are what their names say: %s', async (name, expected) => {
    const connection = await createConnection(name === 'mariadb' ? stack.mariadbUrl : stack.mysqlUrl)
    const [rows] = await connection.query('SELECT VERSION() AS version')
    await connection.end()
    expect((rows as { version: string }[])[0]!.version).toMatch(expected)
  })

  test('are told apart when an address is given', async () => {
    const env = { ...PATH, MYSQL_URL: stack.mariadbUrl }
    const error = await failure(startStack({ env, only: ['mysql'] }))
    expect(error.message).toMatch(/^MYSQL_URL is .*, which is .*MariaDB.*, not MySQL\.$/)
  })
})

test('reading a service that was left out throws', async () => {
  await using stack = await startStack({ env: {}, only: ['flags'] })
  expect(stack.flags).toEqual({ kind: 'offline' })
  expect(() => stack.databaseUrl).toThrow('This stack was started without database.')
})

test('an aborted start stops what it started and throws the reason', { timeout: START_MS }, async () => {
  const reason = new Error('enough')
  const before = descendants(process.pid).length
  const starting = startStack({ env: PATH, only: ['database', 'sqs'], signal: AbortSignal.abort(reason) })
  await expect(starting).rejects.toBe(reason)
  expect(descendants(process.pid).length).toBe(before)
})

describe('an address from the environment', () => {
  test('is passed on unchanged, and reported without its password', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const env = {
      MYSQL_URL: `mysql://app:hunter2@127.0.0.1:${port}`,
      SQS_ENDPOINT: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-north-1',
      UNLEASH_URL: `http://127.0.0.1:${port}/api`,
      UNLEASH_TOKEN: 'hunter2',
      UNLEASH_ADMIN_TOKEN: 'hunter2',
    }
    await using stack = await startStack({ env, only: ['database', 'sqs', 'flags'] })
    server.close()
    expect(stack.databaseUrl).toBe(env.MYSQL_URL)
    expect(stack.sqs).toMatchObject({ endpoint: env.SQS_ENDPOINT, region: 'eu-north-1' })
    expect(stack.flags).toEqual({
      kind: 'unleash',
      url: env.UNLEASH_URL,
      token: 'hunter2',
      adminUrl: `${env.UNLEASH_URL}/admin`,
      adminToken: 'hunter2',
    })
    expect(stack.found.join('\n')).toContain(`mysql://app@127.0.0.1:${port}, given by MYSQL_URL`)
    expect(stack.found.join('\n')).not.toContain('hunter2')
  })

  test.each([
    ['database', 'MYSQL_URL', 'mysql://app:hunter2@127.0.0.1:1/app', 'mysql://app@127.0.0.1:1/app'],
    ['mysql', 'MYSQL_URL', 'mysql://app:hunter2@127.0.0.1:1/app', 'mysql://app@127.0.0.1:1/app'],
    ['mariadb', 'MARIADB_URL', 'mysql://app:hunter2@127.0.0.1:1/app', 'mysql://app@127.0.0.1:1/app'],
    ['mongodb', 'MONGODB_URL', 'mongodb://app:hunter2@127.0.0.1:1/app', 'mongodb://app@127.0.0.1:1/app'],
    ['sqs', 'SQS_ENDPOINT', 'http://127.0.0.1:1/', 'http://127.0.0.1:1/'],
    ['flags', 'UNLEASH_URL', 'http://127.0.0.1:1/api', 'http://127.0.0.1:1/api'],
  ] as const)(
    'is named in the error when nothing listens there: %s',
    { timeout: 20_000 },
    async (service, variable, url, shown) => {
      const error = await failure(startStack({ env: { [variable]: url }, only: [service] }))
      expect(error.code).toBe('UNREACHABLE')
      expect(error.message).toContain(`${variable} is ${shown}, which does not answer (`)
      expect(`${error.message} ${error.remedy}`).not.toContain('hunter2')
    },
  )

  test.each([
    ['database', 'MYSQL_URL'],
    ['mariadb', 'MARIADB_URL'],
    ['mysql', 'MYSQL_URL'],
    ['mongodb', 'MONGODB_URL'],
  ] as const)('is named in the error when it is not an address: %s', async (service, variable) => {
    const error = await failure(startStack({ env: { [variable]: 'hunter2' }, only: [service] }))
    expect(error).toMatchObject({ code: 'CONFIG', message: `${variable} is not the address of a server.` })
    expect(error.remedy).not.toContain('hunter2')
  })
})

describe('on a machine without servers', () => {
  test('the error for a database says what to install', async () => {
    const error = await failure(startStack({ machine: bareMachine(), only: ['database'] }))
    expect(error.code).toBe('CONFIG')
    expect(error.message).toBe('MySQL was not found: install MariaDB (mariadbd) or MySQL (mysqld), or set MYSQL_URL.')
    expect(error.remedy).toContain('apt-get install mariadb-server')
  })

  test.each([
    ['mariadb', 'MariaDB', 'MARIADB_URL'],
    ['mysql', 'MySQL', 'MYSQL_URL'],
  ] as const)('the error for one engine says what to install: %s', async (service, engine, variable) => {
    const error = await failure(startStack({ machine: bareMachine(), only: [service] }))
    expect(error).toMatchObject({
      code: 'CONFIG',
      message: `${engine} was not found, and cannot be installed on this machine.`,
    })
    expect(error.remedy).toContain(`set ${variable}=`)
  })

  test.each([
    ['Java', bareMachine()],
    ['Maven', bareMachine({ which: (...names) => (names.includes('java') ? '/usr/bin/java' : undefined) })],
  ])('the error for ElasticMQ says that %s is missing', async (tool, machine) => {
    const error = await failure(startStack({ machine, only: ['elasticmq'] }))
    expect(error).toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(`^There is no ${tool} to `) as unknown,
    })
    expect(error.remedy).toContain('ELASTICMQ_ENDPOINT=')
  })

  test('the error for Vitess says that Go is missing', async () => {
    const error = await failure(startStack({ machine: bareMachine(), only: ['vitess'] }))
    expect(error).toMatchObject({ code: 'CONFIG', message: 'Go was not found, and is needed to build vtcombo.' })
    expect(error.remedy).toContain('VITESS_URL=')
  })

  test('the error for a vschema that cannot be read says how to write one', async () => {
    const machine = bareMachine({ env: { VITESS_VSCHEMA: '/nowhere/vschema.json' } })
    const error = await failure(startStack({ machine, only: ['vitess'] }))
    expect(error).toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('/nowhere/vschema.json') as unknown,
    })
    expect(error.remedy).toContain('changeover vschema')
  })

  test('the error for MongoDB says what to install', async () => {
    const error = await failure(startStack({ machine: bareMachine(), only: ['mongodb'] }))
    expect(error.code).toBe('CONFIG')
    expect(error.message).toBe(
      'MongoDB was not found: install mongod, or Python 3 to run a stand-in, or set MONGODB_URL.',
    )
  })

  test.each([{ CHANGEOVER_UNLEASH: '1' }, { CI: 'true' }])(
    'the error for Unleash, requested by %j, says how to run without it',
    async (env) => {
      const error = await failure(startStack({ machine: bareMachine({ env }), only: ['flags'] }))
      expect(error).toMatchObject({
        code: 'CONFIG',
        message: 'npm was not found, and is needed to install unleash-server.',
      })
      expect(error.remedy).toContain('CHANGEOVER_UNLEASH=0')
    },
  )

  test.each([{}, { CHANGEOVER_UNLEASH: '0', CI: 'true' }])('Unleash is not started with %j', async (env) => {
    await using stack = await startStack({ machine: bareMachine({ env }), only: ['flags'] })
    expect(stack.flags).toEqual({ kind: 'offline' })
  })

  test('a service that is not available stops the others', { timeout: START_MS }, async () => {
    const before = descendants(process.pid).length
    const error = await failure(startStack({ machine: bareMachine(), only: ['database', 'sqs'] }))
    expect(error.message).toContain('MySQL was not found')
    expect(descendants(process.pid).length).toBe(before)
  })
})

test('the error of a server that fails to start quotes its output', { timeout: 20_000 }, async () => {
  const fake = join(empty, 'mysqld')
  writeFileSync(
    fake,
    '#!/bin/sh\ncase "$*" in *--version) echo "mysqld Ver 8.4.0";; *) echo "disk is full"; exit 3;; esac\n',
  )
  chmodSync(fake, 0o755)
  const machine = bareMachine({ env: PATH, which: (...names) => (names.includes('mysqld') ? fake : undefined) })
  const error = await failure(startStack({ machine, only: ['database'] }))
  expect(error).toMatchObject({ code: 'UNREACHABLE', message: `mysqld 8.4.0 at ${fake} did not start.` })
  expect((error.cause as Error).message).toBe('disk is full')
})

test('programs are looked up in the PATH first', () => {
  const program = join(empty, 'sh')
  writeFileSync(program, '')
  chmodSync(program, 0o755)
  expect(thisMachine({ PATH: `${empty}:/bin` }).which('no-such-program', 'sh')).toBe(program)
  expect(thisMachine({ PATH: '' }).which('no-such-program')).toBeUndefined()
})

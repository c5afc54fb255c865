import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { until } from '../../src/core/abort.ts'
import { compile } from '../../src/mapping/index.ts'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { fileCreated, someHistory } from '../migrate/history.ts'
import { isEmpty, messagesOf } from '../sink/sinking.ts'
import { freshName } from '../support/fresh.ts'
import { startOwnMysql, type OwnMysql } from '../support/own-mysql.ts'
import { patience, queueWith, soon, warehouseFor, working } from './working.ts'

let mysql: OwnMysql
beforeAll(async () => {
  mysql = await startOwnMysql()
  return () => mysql[Symbol.asyncDispose]()
})

/** An ordinary user, without the privileges that exempt from what is provoked here. */
let user: string
beforeEach(async () => {
  user = freshName().slice(-20)
  await mysql.set(`CREATE USER '${user}'@'%' IDENTIFIED BY 'a-password'`)
  return () => mysql.set(`DROP USER '${user}'@'%'`)
})
afterAll(() => mysql.set('SET GLOBAL offline_mode = OFF'))

/** A warehouse with the tables of the example, as an ordinary user reaches it. */
async function ordinaryWarehouse(): Promise<{ warehouse: Warehouse; url: string }> {
  const { warehouse: owner, url: ownerUrl } = await warehouseFor(mysql, history)
  await owner.close()
  await mysql.set(`GRANT ALL ON \`${new URL(ownerUrl).pathname.slice(1)}\`.* TO '${user}'@'%'`)
  const url = Object.assign(new URL(ownerUrl), { username: user, password: 'a-password' }).href
  const warehouse = mysqlWarehouse(url, patience)
  onTestFinished(() => warehouse.close())
  return { warehouse, url }
}

interface Provoked {
  readonly said: RegExp
  readonly begin: (user: string) => readonly string[]
  readonly end: (user: string) => readonly string[]
}

test.each<[string, Provoked]>([
  [
    'offline (3032)',
    {
      said: /offline mode/,
      begin: () => ['SET GLOBAL offline_mode = ON'],
      end: () => ['SET GLOBAL offline_mode = OFF'],
    },
  ],
  [
    'read-only (1290)',
    {
      said: /read-only/,
      begin: () => ['SET GLOBAL super_read_only = ON'],
      end: () => ['SET GLOBAL super_read_only = OFF', 'SET GLOBAL read_only = OFF'],
    },
  ],
  [
    'past the number of queries per hour (1226)',
    {
      // Fewer than a connection needs to begin with: the server does not count prepared statements.
      said: /max_questions/,
      begin: (of) => [`ALTER USER '${of}'@'%' WITH MAX_QUERIES_PER_HOUR 2`],
      end: (of) => [`ALTER USER '${of}'@'%' WITH MAX_QUERIES_PER_HOUR 0`, 'FLUSH USER_RESOURCES'],
    },
  ],
  [
    'full of connections (1040)',
    {
      said: /Too many connections/,
      begin: () => ['SET GLOBAL max_connections = 1'],
      end: () => ['SET GLOBAL max_connections = 151'],
    },
  ],
  [
    'out of prepared statements (1461)',
    {
      said: /max_prepared_stmt_count/,
      begin: () => ['SET GLOBAL max_prepared_stmt_count = 0'],
      end: () => ['SET GLOBAL max_prepared_stmt_count = 16382'],
    },
  ],
  [
    'closed to connections without TLS (3159, which no list has)',
    {
      said: /insecure transport/,
      begin: () => ['SET GLOBAL require_secure_transport = ON'],
      end: () => ['SET GLOBAL require_secure_transport = OFF'],
    },
  ],
])('a sink waits while the server is %s, and loses and quarantines nothing', async (_, { said, begin, end }) => {
  const { warehouse } = await ordinaryWarehouse()
  const { queue, mostReceived } = await queueWith(messagesOf(await someHistory(20), 5))
  for (const statement of begin(user)) await mysql.set(statement)
  const { sink, running, warnings, abort } = working(queue, warehouse)
  try {
    await until(() => warnings.length >= 2, soon())
    expect(warnings[1]).toMatch(said)
  } finally {
    for (const statement of end(user)) await mysql.set(statement)
  }
  await until(() => isEmpty(queue), soon())
  abort()
  await running
  expect(sink.counters).toMatchObject({ messages: 4, applied: 20, quarantined: 0 })
  expect(mostReceived()).toBe(1)
})

test('a sink waits while each of its statements is killed (1317), and loses and quarantines nothing', async () => {
  const { warehouse, url } = await ordinaryWarehouse()
  const { queue, mostReceived } = await queueWith(messagesOf(await someHistory(20), 5))
  const killer = await createConnection(url)
  onTestFinished(() => killer.end())
  await mysql.set(`LOCK TABLES \`${new URL(url).pathname.slice(1)}\`.dim_file WRITE`)
  const { sink, running, warnings, abort } = working(queue, warehouse)
  try {
    await until(async () => {
      const [found] = await killer.query('SHOW PROCESSLIST')
      for (const { Id, State } of found as { Id: number; State: string }[]) {
        if (/metadata lock/.test(State)) await killer.query(`KILL QUERY ${Id}`)
      }
      return warnings.length >= 2
    }, soon())
    expect(warnings[0]).toMatch(/interrupted/)
  } finally {
    await mysql.set('UNLOCK TABLES')
  }
  await until(() => isEmpty(queue), soon())
  abort()
  await running
  expect(sink.counters).toMatchObject({ messages: 4, applied: 20, quarantined: 0 })
  expect(mostReceived()).toBe(1)
})

test('a statement that exceeds the time of the server (3024) fails as something that may pass', async () => {
  const { warehouse, url } = await ordinaryWarehouse()
  const events = Array.from({ length: 3000 }, (_, seq) => encodeEvent(fileCreated(seq)))
  await createApplier(compile(history), warehouse).apply(events, 'live')
  await mysql.set('SET GLOBAL max_execution_time = 1')
  onTestFinished(() => mysql.set('SET GLOBAL max_execution_time = 0'))
  await using hurried = mysqlWarehouse(url, patience)
  const file = compile(history).relations.find(({ name }) => name === 'dim_file')!
  await expect(hurried.buckets(file)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('maximum statement execution time exceeded') as string,
  })
})

test('a connection that the server has ended for being idle (4031) is replaced', async () => {
  await mysql.set('SET GLOBAL wait_timeout = 1')
  onTestFinished(() => mysql.set('SET GLOBAL wait_timeout = 28800'))
  const { warehouse, url } = await ordinaryWarehouse()
  const applier = createApplier(compile(history), warehouse)
  await applier.apply([encodeEvent(fileCreated(1))], 'live')
  const watcher = await createConnection({ uri: url })
  onTestFinished(() => watcher.end())
  await watcher.query('SET SESSION wait_timeout = 100')
  await until(async () => ((await watcher.query('SHOW PROCESSLIST'))[0] as object[]).length === 1, soon())
  expect(await applier.apply([encodeEvent(fileCreated(2))], 'live')).toMatchObject({ applied: 1 })
})

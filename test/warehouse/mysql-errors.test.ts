import { randomBytes } from 'node:crypto'
import { createConnection, type Connection } from 'mysql2/promise'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { column as c, dimension } from '../../src/exports/index.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { mysqlWarehouse, type Warehouse } from '../../src/warehouse/index.ts'
import { isTransient, isUsableAfter, mysqlErrors, serverErrorOf } from '../../src/warehouse/mysql-errors.ts'
import { freshTables, onServer } from '../support/fresh.ts'
import { sql } from '../support/sql.ts'

const thing = dimension('thing', { key: { id: c.int() }, columns: { name: c.text() } })
const { relation } = thing.layout
const impatient = { retry: { tries: 2, baseMs: 1, capMs: 1 }, connectTimeoutMs: 2000 }

function rowsNamed(name: string, ids: readonly number[]): Row[] {
  return mergeBatch(
    relation,
    ids.flatMap((id) =>
      rowsOf([thing.create({ id }, { name })], stampOf(BigInt(id), id, 1), 'live').map(({ row }) => row),
    ),
  )
}

let url: string
let warehouse: Warehouse
let other: Connection

beforeEach(async () => {
  const fresh = await freshTables([thing])
  ;({ warehouse, url } = fresh)
  other = await createConnection(url)
  return async () => {
    await other.end()
    await fresh[Symbol.asyncDispose]()
  }
})

function as(user: string, password: string): string {
  return Object.assign(new URL(url), { username: user, password }).href
}

describe('the error of an unusable warehouse says why and what to do, without the password, when', () => {
  const password = `s3cret-${randomBytes(4).toString('hex')}`
  const refusal = async (
    address: string,
    work = (of: Warehouse): Promise<unknown> => of.dialect(),
  ): Promise<Record<string, unknown>> => {
    await using refused = mysqlWarehouse(address, impatient)
    const thrown: unknown = await work(refused).then(
      () => undefined,
      (error: unknown) => error,
    )
    const { code, message, remedy } = thrown as { code: string; message: string; remedy: string }
    expect(`${message} ${remedy}`).not.toContain(password)
    expect(message).toContain(refused.address)
    return { code, message, remedy }
  }

  test('no server listens', async () => {
    const address = Object.assign(new URL(as('root', password)), { port: '1' }).href
    expect(await refusal(address)).toMatchObject({
      code: 'UNREACHABLE',
      remedy: expect.stringContaining('MYSQL_URL') as string,
    })
  })

  test('the password is wrong', async () => {
    expect(await refusal(as('nobody_at_all', password))).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('Access denied') as string,
    })
  })

  test('the database does not exist', async () => {
    const address = Object.assign(new URL(url), { pathname: '/no_such_database' }).href
    expect(await refusal(address)).toMatchObject({
      code: 'SCHEMA',
      remedy: expect.stringContaining('Create the database') as string,
    })
  })

  test('the user may read only', async () => {
    const user = `reader_${randomBytes(4).toString('hex')}`
    await onServer(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`)
    onTestFinished(() => onServer(`DROP USER '${user}'@'%'`))
    await onServer(`GRANT SELECT ON \`${new URL(url).pathname.slice(1)}\`.* TO '${user}'@'%'`)
    const create = (of: Warehouse): Promise<unknown> =>
      of.apply([{ kind: 'create', why: 'a test', sql: 'CREATE TABLE t (id INT)' }])
    const merge = (of: Warehouse): Promise<unknown> => of.merge(relation, rowsNamed('a', [1]))
    for (const work of [create, merge])
      expect(await refusal(as(user, password), work)).toMatchObject({ code: 'DENIED' })
  })

  test('a table is missing', async () => {
    await sql(warehouse, 'DROP TABLE dim_thing')
    for (const ids of [[1], []]) {
      expect(await refusal(url, (of) => of.merge(relation, rowsNamed('a', ids)))).toMatchObject({
        code: 'SCHEMA',
        remedy: expect.stringContaining('changeover apply') as string,
      })
    }
  })

  test('the address is not a MySQL URL', () => {
    expect(() => mysqlWarehouse(`postgres://root:${password}@host/db`)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.not.stringContaining(password) as string }),
    )
  })

  test('a value that the server quotes is left out', () => {
    const driver = Object.assign(
      new Error("Incorrect integer value: 'ann@example.com' for column `a`.`b`.`c` at row 1"),
      { errno: 1366 },
    )
    expect(mysqlErrors.translate(driver, 'here')).toMatchObject({
      code: 'VALUE',
      message: 'The warehouse at here refused a value: Incorrect integer value for column `a`.`b`.`c` at row 1.',
    })
  })
})

describe('an error that a report threw', () => {
  test.each([
    ['ECONNREFUSED', 'UNREACHABLE'],
    ['PROTOCOL_CONNECTION_LOST', 'UNREACHABLE'],
    [1045, 'DENIED'],
    [1146, 'SCHEMA'],
  ])('is the error of the server when it has the code %s', (code, translated) => {
    const thrown = Object.assign(new Error('said'), typeof code === 'number' ? { errno: code } : { code })
    expect(serverErrorOf(thrown, 'here')).toMatchObject({ code: translated, cause: thrown })
  })

  test.each([1064, 1205, 1292, undefined])('is the error of the report when its number is %s', (errno) => {
    expect(serverErrorOf(Object.assign(new Error('said'), { errno }), 'here')).toBeUndefined()
  })
})

test('an error without a message is described by its code', () => {
  const thrown = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
  expect(mysqlErrors.translate(thrown, 'here').message).toBe('The warehouse at here cannot be reached: ECONNREFUSED.')
})

describe('transient by default, permanent by proof:', () => {
  const numbered = (errno: number): Error => Object.assign(new Error('said'), { errno })

  test.each([
    1461, 3032, 1021, 1114, 1226, 1158, 1159, 1160, 1161, 1180, 1206, 1047, 3100, 3101, 3169, 4031, 3024, 1205, 1213,
    1290, 1053,
  ])('%s is not due to a row, and passes', (errno) => {
    expect(isTransient(numbered(errno))).toBe(true)
    expect(mysqlErrors.translate(numbered(errno), 'here')).toMatchObject({ code: 'UNREACHABLE' })
  })

  test.each([9999, 1105, 1030, 31_999])('%s is not known, so it may pass', (errno) => {
    expect(isTransient(numbered(errno))).toBe(true)
    expect(isUsableAfter(numbered(errno))).toBe(false)
    expect(mysqlErrors.translate(numbered(errno), 'here')).toMatchObject({ code: 'FAILING' })
  })

  test('a connection that is closed, and anything else that the driver throws, may pass', () => {
    for (const thrown of [
      new Error("Can't add new command when connection is in closed state"),
      new TypeError('x'),
      7,
    ]) {
      expect(isTransient(thrown)).toBe(true)
      expect(isUsableAfter(thrown)).toBe(false)
    }
  })

  test.each([
    [1045, 'DENIED'],
    [1049, 'SCHEMA'],
    [1146, 'SCHEMA'],
    [1118, 'VALUE'],
    [1406, 'VALUE'],
    [1064, 'UNEXPECTED'],
  ])('%s is permanent, and the connection stays usable', (errno, code) => {
    expect(isTransient(numbered(errno))).toBe(false)
    expect(isUsableAfter(numbered(errno))).toBe(true)
    expect(mysqlErrors.translate(numbered(errno), 'here')).toMatchObject({ code })
  })

  test('a certificate that is not trusted is a matter of the configuration', () => {
    const thrown = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(isTransient(thrown)).toBe(false)
    expect(mysqlErrors.translate(thrown, 'here')).toMatchObject({ code: 'CONFIG' })
  })
})

describe('a transient failure is retried and counted:', () => {
  const namesIn = async (): Promise<Set<unknown>> =>
    new Set((await sql(warehouse, 'SELECT name FROM thing')).map(({ name }) => name))
  // MySQL cannot list a transaction whose statement has bytes in it that are not text, and MariaDB cannot list locks.
  const waitersSql = {
    MySQL:
      'SELECT DISTINCT t.PROCESSLIST_ID AS id FROM performance_schema.data_lock_waits AS w JOIN performance_schema.threads AS t ' +
      'ON t.THREAD_ID = w.REQUESTING_THREAD_ID WHERE t.PROCESSLIST_DB = DATABASE()',
    MariaDB:
      'SELECT p.ID AS id FROM information_schema.INNODB_TRX AS t JOIN information_schema.PROCESSLIST AS p ' +
      "ON p.ID = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.DB = DATABASE()",
  }
  // The connections of this database whose statement waits for a lock of another's.
  const waiters = async (): Promise<number[]> => {
    const [rows] = await other.query(waitersSql[(await warehouse.dialect()).name])
    return (rows as { id: number }[]).map(({ id }) => id)
  }
  // InnoDB refreshes its list of transactions only after a tenth of a second without a query of it.
  const waiting = (signal: AbortSignal): Promise<void> =>
    until(async () => (await waiters()).length > 0, { signal, everyMs: 150 })

  test('not a lock that is released in time', async ({ signal }) => {
    await warehouse.merge(relation, rowsNamed('old', [1, 2]))
    await other.query('BEGIN')
    await other.query("UPDATE dim_thing SET name = 'held' WHERE id = 2")
    const merging = warehouse.merge(relation, rowsNamed('new', [1, 2]))
    await waiting(signal)
    await other.query('ROLLBACK')
    await merging
    expect(warehouse.counters).toMatchObject({ retries: 0, lockConflicts: 0, rows: 4 })
  })

  test('a deadlock', async ({ signal }) => {
    await warehouse.merge(
      relation,
      rowsNamed(
        'old',
        Array.from({ length: 200 }, (_, id) => id),
      ),
    )
    await other.query('BEGIN')
    // The transaction that has written more is the one that survives.
    await other.query("UPDATE dim_thing SET name = 'held' WHERE id >= 2")
    const merging = warehouse.merge(relation, rowsNamed('old', [1, 2]))
    await waiting(signal)
    await other.query("UPDATE dim_thing SET name = 'held' WHERE id = 1")
    await other.query('COMMIT')
    await merging
    expect(warehouse.counters).toMatchObject({ retries: 1, lockConflicts: 1 })
  })

  test('a connection that is killed during its statement', async ({ signal }) => {
    await other.query('BEGIN')
    await other.query("INSERT INTO dim_thing (id, name) VALUES (2, 'held')")
    const merging = warehouse.merge(relation, rowsNamed('new', [1, 2]))
    await waiting(signal)
    for (const id of await waiters()) await other.query(`KILL ${id}`)
    await other.query('ROLLBACK')
    await merging
    expect(await namesIn()).toEqual(new Set(['new']))
    expect(warehouse.counters.retries).toBeGreaterThan(0)
    expect(warehouse.counters.lockConflicts).toBe(0)
  })

  test('idle connections that were killed', async () => {
    const [rows] = await other.query(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()',
    )
    for (const { id } of rows as { id: number }[]) await other.query(`KILL ${id}`)
    await warehouse.merge(relation, rowsNamed('new', [1]))
    expect(await namesIn()).toEqual(new Set(['new']))
  })
})

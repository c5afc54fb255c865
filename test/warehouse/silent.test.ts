import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { column as c, dimension } from '../../src/exports/index.ts'
import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Row } from '../../src/star/rows/relation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import { mysqlWarehouse, type MysqlWarehouseOptions, type Warehouse } from '../../src/warehouse/index.ts'
import { freshTables } from '../support/fresh.ts'
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts'

const thing = dimension('thing', { key: { id: c.int() }, columns: { name: c.text() } })
const { relation } = thing.layout
const rows = (...ids: number[]): Row[] =>
  mergeBatch(
    relation,
    ids.flatMap((id) =>
      rowsOf([thing.create({ id }, { name: 'x' })], stampOf(1n, id, 1), 'live').map(({ row }) => row),
    ),
  )

let url: string
let proxy: SilentProxy

beforeEach(async () => {
  const fresh = await freshTables([thing])
  url = fresh.url
  proxy = await startSilentProxy(url)
  return () => fresh[Symbol.asyncDispose]()
})

function warehouseAt(address: string, options: MysqlWarehouseOptions = {}): Warehouse {
  const warehouse = mysqlWarehouse(address, { statementTimeoutMs: 400, ...options })
  onTestFinished(() => warehouse.close())
  return warehouse
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now()
  await work()
  return performance.now() - since
}

describe('a server that accepts and never answers', () => {
  test('fails a statement within its deadline, as something that may pass, and is used again when it answers', async () => {
    const warehouse = warehouseAt(proxy.url)
    await warehouse.merge(relation, rows(1))
    proxy.silence()
    const ms = await msOf(() =>
      expect(warehouse.merge(relation, rows(2))).rejects.toMatchObject({
        code: 'FAILING',
        message: expect.stringContaining('did not answer within 400 ms') as string,
      }),
    )
    expect(ms).toBeLessThan(3000)
    proxy.resume()
    await warehouse.merge(relation, rows(2))
    expect(await warehouse.find(relation, [[1], [2]])).toHaveLength(2)
  })

  test('fails a first connection within the deadline', async () => {
    proxy.silence()
    const warehouse = warehouseAt(proxy.url)
    expect(await msOf(() => expect(warehouse.dialect()).rejects.toMatchObject({ code: 'FAILING' }))).toBeLessThan(3000)
  })

  test('does not keep a call from obeying its signal', async () => {
    const warehouse = warehouseAt(proxy.url, { statementTimeoutMs: 60_000 })
    await warehouse.merge(relation, rows(1))
    proxy.silence()
    const stop = new AbortController()
    const merging = warehouse.merge(relation, rows(2), { signal: stop.signal })
    const reason = new Error('stopped')
    const ms = await msOf(async () => {
      stop.abort(reason)
      await expect(merging).rejects.toBe(reason)
    })
    expect(ms).toBeLessThan(500)
  })

  test('does not keep the warehouse from closing, its connections for reports included', async () => {
    const warehouse = warehouseAt(proxy.url, { statementTimeoutMs: 60_000 })
    const merging = warehouse.merge(relation, rows(1))
    await merging
    const db = warehouse.reader<{ thing: { id: number } }>()
    await db.selectFrom('thing').select('id').execute()
    proxy.silence()
    const stuck = warehouse.merge(relation, rows(2), { signal: AbortSignal.timeout(20_000) })
    stuck.catch(() => {})
    db.selectFrom('thing')
      .select('id')
      .execute()
      .catch(() => {})
    expect(await msOf(() => warehouse.close())).toBeLessThan(4000)
  })
})

describe('a report at a server that falls silent', () => {
  interface Views {
    readonly thing: { readonly id: number }
  }
  const read = (warehouse: Warehouse, signal?: AbortSignal) =>
    warehouse.reader<Views>({ signal }).selectFrom('thing').select('id')

  test('fails within its deadline, in a sentence, and reads again when the server answers', async () => {
    const warehouse = warehouseAt(proxy.url, { readers: 1, reportTimeoutMs: 300 })
    await warehouse.merge(relation, rows(1))
    expect(await read(warehouse).execute()).toEqual([{ id: 1 }])
    proxy.silence()
    const ms = await msOf(() =>
      expect(read(warehouse).execute()).rejects.toMatchObject({
        code: 'UNREACHABLE',
        message: `The warehouse at ${warehouse.address} did not answer a report's statement within 300 ms.`,
        remedy: expect.stringContaining('reportTimeoutMs') as string,
      }),
    )
    expect(ms).toBeLessThan(2000)
    // The only connection is gone, so the next one is new; it is not answered either.
    await expect(read(warehouse).execute()).rejects.toMatchObject({ code: 'UNREACHABLE' })
    proxy.resume()
    expect(await read(warehouse).execute()).toEqual([{ id: 1 }])
  })

  test('fails within its deadline when its rows are streamed', async () => {
    const warehouse = warehouseAt(proxy.url, { readers: 1, reportTimeoutMs: 300 })
    await warehouse.merge(relation, rows(1, 2))
    const streamed = async () => Array.fromAsync(read(warehouse).stream())
    expect(await streamed()).toHaveLength(2)
    proxy.silence()
    await expect(streamed()).rejects.toMatchObject({ code: 'UNREACHABLE' })
    proxy.resume()
    expect(await streamed()).toHaveLength(2)
  })

  test('obeys its signal in mid-statement, and so does one that waits for a connection', async () => {
    const warehouse = warehouseAt(proxy.url, { readers: 1 })
    await read(warehouse).execute()
    proxy.silence()
    const stop = new AbortController()
    const reading = [read(warehouse, stop.signal).execute(), read(warehouse, stop.signal).execute()]
    await turn()
    const reason = new Error('stopped')
    const ms = await msOf(async () => {
      stop.abort(reason)
      for (const one of reading) await expect(one).rejects.toBe(reason)
    })
    expect(ms).toBeLessThan(500)
    proxy.resume()
    expect(await read(warehouse).execute()).toEqual([])
  })
})

describe('waiting for a connection', () => {
  /** A warehouse whose only connection waits for an answer that does not come. */
  async function busy(options: MysqlWarehouseOptions): Promise<Warehouse> {
    const warehouse = warehouseAt(proxy.url, { connections: 1, ...options })
    await warehouse.merge(relation, rows(1))
    proxy.silence()
    warehouse.merge(relation, rows(2)).catch(() => {})
    await turn()
    return warehouse
  }

  test('obeys the signal', async () => {
    const warehouse = await busy({ statementTimeoutMs: 60_000 })
    const finding = warehouse.find(relation, [[2]], { signal: AbortSignal.timeout(200) })
    expect(await msOf(() => expect(finding).rejects.toMatchObject({ name: 'TimeoutError' }))).toBeLessThan(2000)
  })

  test('obeys the deadline', async () => {
    const warehouse = await busy({ statementTimeoutMs: 1000, retry: { tries: 1, baseMs: 1, capMs: 1 } })
    const finding = warehouse.find(relation, [[2]])
    expect(await msOf(() => expect(finding).rejects.toMatchObject({ code: 'FAILING' }))).toBeLessThan(5000)
  })

  test('ends when the warehouse is closed', async () => {
    const warehouse = await busy({ statementTimeoutMs: 60_000 })
    const finding = warehouse.find(relation, [[2]])
    finding.catch(() => {})
    await warehouse.close()
    await expect(finding).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

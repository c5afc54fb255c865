import { createConnection, type Connection } from 'mysql2/promise'
import { codeOf, until } from '../../../src/core/index.ts'
import type { Cast } from './cast.ts'
import type { Doing, Failure, Kill } from './kinds.ts'
import type { Slot } from './slot.ts'
import type { World } from './world.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'

/** What a kill did. */
export interface Effect {
  /** What it interrupted. */
  readonly hit: string
  /** Whose work it was. */
  readonly slot: Slot
  /** When it struck, by `performance.now()`. */
  readonly since: number
}

/** Waits for the moment that a kill is meant for, and strikes. Rejects when that moment does not come before the signal aborts. */
export async function strike(kill: Kill, world: World, cast: Cast, signal: AbortSignal): Promise<Effect> {
  let since = performance.now()
  const when = async (condition: () => boolean): Promise<void> => {
    await until(condition, { signal, everyMs: 1 })
    since = performance.now()
  }
  const { sinks, migration } = cast
  const sink = (worker: number): Slot => sinks[worker % sinks.length]!
  const anyone = (worker: number): Slot => [...sinks, migration][worker % (sinks.length + 1)]!
  switch (kill.kind) {
    case 'sink': {
      const slot = sink(kill.worker)
      await when(slot.hasBegun(kill.during, kill.nth))
      return { hit: await slot.kill(), slot, since }
    }
    case 'migration':
      await when(migration.hasBegun(kill.during, kill.nth))
      return { hit: await migration.kill(), slot: migration, since }
    case 'connection':
    case 'query': {
      const { table, port } = await killStatement(kill, world, signal)
      const slot = [...sinks, migration].find(({ warehouse }) => warehouse.owns(port)) ?? sink(kill.pick)
      return { hit: table, slot, since: performance.now() }
    }
    case 'server': {
      const slot = anyone(kill.worker)
      await when(slot.hasBegun('writing rows', kill.nth))
      const hit = slot.doing
      await world.database.kill(signal)
      return { hit, slot, since }
    }
    case 'warehouse socket': {
      const slot = anyone(kill.worker)
      const isExecute = (request: Buffer): boolean => request[4] === COM_STMT_EXECUTE
      return { hit: await fail(slot.warehouse, kill.failure, isExecute, signal), slot, since }
    }
    case 'queue socket': {
      const slot = sink(kill.worker)
      const isOfInterest = (request: Buffer): boolean => request.includes(ACTION[kill.during] ?? '')
      return { hit: await fail(slot.queue!, kill.failure, isOfInterest, signal), slot, since }
    }
  }
}

const COM_STMT_EXECUTE = 0x17
/** How the requests of the queue are named in their headers. */
const ACTION: Partial<Record<Doing, string>> = { receiving: '.ReceiveMessage', acknowledging: '.DeleteMessageBatch' }
const NO_SUCH_THREAD = 'ER_NO_SUCH_THREAD'

/** Kills a statement that is running, or its connection. */
async function killStatement(
  { kind, pick }: Extract<Kill, { kind: 'connection' | 'query' }>,
  world: World,
  signal: AbortSignal,
): Promise<{ table: string; port: number }> {
  const admin = await createConnection(world.database.url)
  try {
    let killed: Statement | undefined
    const strikes = async (): Promise<boolean> => {
      const running = await statements(admin, new URL(world.warehouseUrl).pathname.slice(1))
      const target = running[pick % Math.max(running.length, 1)]
      if (!target) return false
      try {
        await admin.query(`KILL ${kind === 'query' ? 'QUERY ' : ''}${target.id}`)
      } catch (thrown) {
        if (codeOf(thrown) === NO_SUCH_THREAD) return false
        throw thrown
      }
      killed = target
      return true
    }
    await until(strikes, { signal, everyMs: 1 })
    const { host, text } = killed!
    return { table: /INTO `(\w+)`/.exec(text)?.[1] ?? 'another statement', port: Number(host.split(':').at(-1)) }
  } finally {
    admin.destroy()
  }
}

interface Statement {
  readonly id: number
  readonly host: string
  readonly text: string
}

// MySQL's information_schema.PROCESSLIST is an error while any statement holds bytes that are no text.
async function statements(admin: Connection, database: string): Promise<Statement[]> {
  const [rows] = await admin.query('SHOW PROCESSLIST')
  return (rows as { Id: number; Host: string; db: string | null; Info: string | null }[])
    .filter(({ db, Info }) => db === database && Info !== null)
    .map(({ Id, Host, Info }) => ({ id: Id, host: Host, text: Info! }))
}

/** Makes a network fail, until that has had an effect. */
async function fail(
  proxy: TcpProxy,
  failure: Failure,
  isOfInterest: (request: Buffer) => boolean,
  signal: AbortSignal,
): Promise<string> {
  if (failure === 'cut') await until(() => proxy.cut() > 0, { signal, everyMs: 1 })
  else if (failure === 'lost answer') {
    let isLost = false
    void proxy.loseAnswerTo(isOfInterest).then(() => (isLost = true))
    await until(() => isLost, { signal, everyMs: 1 })
  } else {
    const { abandoned } = proxy
    proxy.silence()
    try {
      await until(() => proxy.abandoned > abandoned, { signal, everyMs: 5 })
    } finally {
      proxy.resume()
    }
  }
  return failure
}

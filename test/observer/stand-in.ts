import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient, type Document } from 'mongodb'
import { thisMachine } from '../../dev/stack/index.ts'
import { launch } from '../../dev/stack/launch.ts'

/** A server of MongoDB's protocol that is nobody else's. */
export interface StandIn {
  readonly url: string
  readonly stop: () => Promise<void>
}

/**
 * Starts the stand-in for MongoDB with flags of its own; undefined on a machine that does not have it because it has MongoDB.
 * With `--enable-test-commands` it fails at will, as MongoDB does.
 */
export async function startStandIn(...flags: string[]): Promise<StandIn | undefined> {
  const { cache } = thisMachine(process.env)
  const home = namesIn(cache).find((name) => /^secantusdb-[^/]*\d$/.test(name))
  if (home === undefined) return undefined
  const python = join(cache, home, 'bin', 'python')
  const steps = (folder: string, port: number) =>
    [
      [python, '-m', 'secantus', '--host', '127.0.0.1', '--port', String(port)].concat([
        '--storage-path',
        join(folder, 'data'),
        ...flags,
      ]) as [string, ...string[]],
    ] as const
  const what = 'the stand-in for MongoDB'
  const recipe = { name: 'mongodb', what, remedy: '', env: process.env, steps, ping }
  const { port, stop } = await launch(recipe, new AbortController().signal)
  return { url: urlOf(port), stop }
}

/** Lets commands fail: `failOn(client, { times: 1 }, { failCommands: ['getMore'], closeConnection: true })`. */
export async function failOn(client: MongoClient, mode: Document | 'alwaysOn' | 'off', data: Document = {}) {
  await client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`
}

async function ping(port: number): Promise<void> {
  const client = new MongoClient(urlOf(port), { serverSelectionTimeoutMS: 2000 })
  try {
    await client.db('admin').command({ ping: 1 })
  } finally {
    await client.close()
  }
}

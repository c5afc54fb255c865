import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { MongoClient } from 'mongodb'

import { messageOf } from '../../src/core/index.ts'
import { launch } from './launch.ts'
import { run } from './run.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'

/** Where a `mongod` is, and how it got there. */
interface Mongod {
  readonly program: string
  readonly from: string
}

/** An installed `mongod`, or else one that `mongodb-memory-server-core` has downloaded or can download. */
export async function findMongod({ machine, say, signal }: Context): Promise<Mongod | undefined> {
  const installed = machine.which('mongod')
  if (installed !== undefined) return { program: installed, from: 'installed' }
  const downloaded = await machine.downloadedMongod()
  if (downloaded !== undefined) return { program: downloaded, from: 'downloaded before' }
  if (!(await machine.answers(await downloadSite()))) return undefined
  say('mongodb  downloading mongod (only once)')
  try {
    const { MongoBinary } = await import('mongodb-memory-server-core')
    const aborted = once(signal, 'abort').then(() => signal.throwIfAborted())
    const program = await Promise.race([MongoBinary.getPath(), aborted])
    return program === undefined ? undefined : { program, from: 'downloaded' }
  } catch (thrown) {
    signal.throwIfAborted()
    say(`mongodb  mongod could not be downloaded: ${messageOf(thrown)}`)
    return undefined
  }
}

/** Where `mongodb-memory-server-core` downloads from, according to its own settings. */
async function downloadSite(): Promise<string> {
  const { resolveConfig, ResolveConfigVariables } = await import('mongodb-memory-server-core/lib/util/resolveConfig.js')
  return (
    resolveConfig(ResolveConfigVariables.DOWNLOAD_URL) ??
    resolveConfig(ResolveConfigVariables.DOWNLOAD_MIRROR) ??
    'https://fastdl.mongodb.org'
  )
}

/** Runs `mongod` as a replica set of one, which transactions and change streams require. */
export async function runMongod(
  { program, from }: Mongod,
  { machine, signal }: Context,
  remedy: string,
): Promise<Running<string>> {
  const { env } = machine
  const version = /v(\d+\.\d+\.\d+)/.exec(await run(program, ['--version'], { env, signal }))?.[1] ?? ''
  const what = `mongod ${version} at ${program}`
  const { port, stop } = await launch({ name: 'mongodb', what, remedy, env, steps, ping: elect }, signal)
  return {
    value: urlOf(port),
    why: `${what}, ${from}, a replica set of one, private data folder (no MONGODB_URL)`,
    stop,
  }

  function steps(folder: string, at: number): Command[] {
    const data = join(folder, 'data')
    mkdirSync(data)
    const place = ['--dbpath', data, '--port', String(at), '--bind_ip', '127.0.0.1', '--unixSocketPrefix', folder]
    const size = ['--oplogSize', '1024', '--wiredTigerCacheSizeGB', '0.5']
    const quiet = ['--quiet', '--setParameter', 'diagnosticDataCollectionEnabled=false']
    return [[program, ...place, '--replSet', 'changeover', ...size, ...quiet]]
  }
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`
}

async function elect(port: number): Promise<void> {
  await using client = new MongoClient(urlOf(port), { serverSelectionTimeoutMS: 2_000 })
  const admin = client.db('admin')
  const { isWritablePrimary, setName } = await admin.command({ hello: 1 })
  if (isWritablePrimary === true) return
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }]
  if (setName === undefined) await admin.command({ replSetInitiate: { _id: 'changeover', members } })
  throw new Error('there is no primary yet')
}

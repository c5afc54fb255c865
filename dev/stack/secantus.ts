import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { MongoClient } from 'mongodb'

import { ChangeoverError, codeOf } from '../../src/core/index.ts'
import { launch } from './launch.ts'
import { run } from './run.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'

/** The version that README.md describes. */
const VERSION = '0.7.0b3'

/** Runs SecantusDB, a server from PyPI that speaks MongoDB's protocol, in its own virtual environment. */
export async function runSecantus(context: Context, remedy: string): Promise<Running<string> | undefined> {
  const { machine, signal } = context
  const { env } = machine
  const python = await environment(context, remedy)
  if (python === undefined) return undefined
  const version = await run(python, ['-c', 'import importlib.metadata as m; print(m.version("SecantusDB"), end="")'], {
    env,
    signal,
  })
  const steps = (folder: string, port: number): Command[] => {
    const place = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', join(folder, 'data')]
    // By default it forgets a change after 100,000 others, without an error for a stream that starts at a time.
    const memory = ['--oplog-max-entries', '5000000', '--oplog-retention-seconds', '86400']
    return [[python, '-m', 'secantus', ...place, ...memory]]
  }

  const what = `SecantusDB ${version} from PyPI`
  const { port, stop } = await launch({ name: 'mongodb', what, remedy, env, steps, ping }, signal)
  return {
    value: urlOf(port),
    why: `${what}, a stand-in (no MONGODB_URL, no mongod, and none to download)`,
    stop,
  }
}

/** The `python` of the virtual environment, which is built under another name and then renamed, so that an incomplete one is never used. */
async function environment({ machine, say, signal }: Context, remedy: string): Promise<string | undefined> {
  const home = join(machine.cache, `secantusdb-${VERSION}`)
  const python = join(home, 'bin', 'python')
  if (existsSync(python)) return python
  const system = machine.which('python3')
  if (system === undefined) return undefined
  say(`mongodb  installing SecantusDB ${VERSION} from PyPI into ${home} (only once)`)
  const { env } = machine
  await mkdir(machine.cache, { recursive: true })
  const half = await mkdtemp(`${home}.`)
  const pip = (...args: string[]) =>
    run(join(half, 'bin', 'python'), ['-m', 'pip', 'install', '--disable-pip-version-check', ...args], { env, signal })
  try {
    await run(system, ['-m', 'venv', half], { env, signal })
    await pip(`SecantusDB==${VERSION}`).catch(() => pip('--pre', 'SecantusDB'))
    // Without a `python`, it is left over from a Python of the system that has since been removed.
    if (!existsSync(python)) await rm(home, { recursive: true, force: true })
    await rename(half, home)
  } catch (thrown) {
    await rm(half, { recursive: true, force: true })
    signal.throwIfAborted()
    const another = codeOf(thrown) === 'ENOTEMPTY' || codeOf(thrown) === 'EEXIST'
    if (another && existsSync(python)) return python
    throw new ChangeoverError(
      'CONFIG',
      'MongoDB was not found, and its stand-in SecantusDB could not be installed from PyPI: install mongod, or set MONGODB_URL.',
      { remedy, cause: thrown },
    )
  }
  return python
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`
}

async function ping(port: number): Promise<void> {
  await using client = new MongoClient(urlOf(port), { serverSelectionTimeoutMS: 2_000 })
  await client.db('admin').command({ ping: 1 })
}

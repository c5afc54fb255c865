import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { MongoClient } from 'mongodb'

import { ChangeoverError } from '../../src/core/index.ts'
import { fillOnce } from './fill-once.ts'
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

/** The `python` of the virtual environment. */
async function environment({ machine, say, signal }: Context, remedy: string): Promise<string | undefined> {
  const home = join(machine.cache, `secantusdb-${VERSION}`)
  const python = join(home, 'bin', 'python')
  if (existsSync(python)) return python
  const system = machine.which('python3')
  if (system === undefined) return undefined
  say(`mongodb  installing SecantusDB ${VERSION} from PyPI into ${home} (only once)`)
  const { env } = machine
  const fill = async (folder: string): Promise<void> => {
    const pip = (...args: string[]) =>
      run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--disable-pip-version-check', ...args], {
        env,
        signal,
      })
    await run(system, ['-m', 'venv', folder], { env, signal })
    await pip(`SecantusDB==${VERSION}`).catch(() => pip('--pre', 'SecantusDB'))
  }
  try {
    // Without a `python`, the folder is left over from a Python of the system that has since been removed.
    await fillOnce(home, () => existsSync(python), fill, signal)
  } catch (thrown) {
    signal.throwIfAborted()
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

import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ChangeoverError, codeOf } from '../../src/core/index.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'

/**
 * Installs what a folder below `dev/` locks, into the cache, once for each state of the lock; gives the place. Built aside and
 * renamed, so that a half-made one is never used.
 *
 * Scripts of packages do not run: none is needed, and one of them only reports the installation to a third party.
 */
export async function npmFolder(
  name: string,
  { service, from, remedy }: { service: string; from: string; remedy: string },
  { machine, say, signal }: Context,
): Promise<string> {
  const source = fileURLToPath(new URL(`../${from}/`, import.meta.url))
  const lock = await readFile(join(source, 'package-lock.json'))
  const home = join(machine.cache, `${name}-${hash('sha256', lock).slice(0, 12)}`)
  if (existsSync(home)) return home
  const npm = machine.which('npm')
  if (npm === undefined) throw new ChangeoverError('CONFIG', `There is no npm to install ${name} with.`, { remedy })
  say(`${service.padEnd(8)} installing ${name} by npm into ${home} (once)`)
  await mkdir(machine.cache, { recursive: true })
  const half = await mkdtemp(`${home}.`)
  try {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(half, file))
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await run(npm, ['ci', '--prefix', half, ...quiet], { env: machine.env, signal })
    await rename(half, home)
  } catch (thrown) {
    await rm(half, { recursive: true, force: true })
    signal.throwIfAborted()
    const another = codeOf(thrown) === 'ENOTEMPTY' || codeOf(thrown) === 'EEXIST'
    if (another && existsSync(home)) return home
    throw new ChangeoverError('CONFIG', `${name} could not be installed by npm.`, { remedy, cause: thrown })
  }
  return home
}

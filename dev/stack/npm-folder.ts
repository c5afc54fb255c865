import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ChangeoverError } from '../../src/core/index.ts'
import { fillOnce } from './fill-once.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'

/**
 * Installs the packages that a folder below `dev/` locks into the cache, once per state of the lock, and returns the folder.
 *
 * Install scripts do not run: none is needed, and one of them only reports the installation to a third party.
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
  if (npm === undefined)
    throw new ChangeoverError('CONFIG', `npm was not found, and is needed to install ${name}.`, { remedy })
  say(`${service.padEnd(8)} installing ${name} with npm into ${home} (only once)`)
  const fill = async (folder: string): Promise<void> => {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(folder, file))
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await run(npm, ['ci', '--prefix', folder, ...quiet], { env: machine.env, signal })
  }
  try {
    await fillOnce(home, () => existsSync(home), fill, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw new ChangeoverError('CONFIG', `npm could not install ${name}.`, { remedy, cause: thrown })
  }
  return home
}

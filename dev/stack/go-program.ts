import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ChangeoverError } from '../../src/core/index.ts'
import { fillOnce } from './fill-once.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'

/**
 * Builds a Go program from the modules that a folder below `dev/` locks, once per state of the lock, and returns its path in the
 * cache. The modules come from the Go module proxy.
 */
export async function goProgram(
  name: string,
  { from, source, remedy, takes }: { from: string; source: string; remedy: string; takes: string },
  { machine, say, signal }: Context,
): Promise<string> {
  const module = fileURLToPath(new URL(`../${from}/`, import.meta.url))
  const lock = await readFile(join(module, 'go.sum'))
  const home = join(machine.cache, `${name}-${hash('sha256', lock).slice(0, 12)}`)
  const program = join(home, name)
  if (existsSync(program)) return program
  const go = machine.which('go')
  if (go === undefined)
    throw new ChangeoverError('CONFIG', `Go was not found, and is needed to build ${name}.`, { remedy })
  say(`${name}  building ${source} into ${home} (only once; ${takes})`)
  const fill = async (folder: string): Promise<void> => {
    const args = ['build', '-C', module, '-ldflags=-s -w', '-o', join(folder, name), source]
    // It takes all cores for minutes.
    await run('nice', [go, ...args], { env: machine.env, signal })
  }
  try {
    await fillOnce(home, () => existsSync(program), fill, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw new ChangeoverError('CONFIG', `Go could not build ${name}.`, { remedy, cause: thrown })
  }
  return program
}

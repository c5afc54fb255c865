import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import { codeOf } from '../../src/core/errors.ts'

/**
 * A folder that is slow to make and is kept from run to run. It is built under another name and renamed when it is complete, so that
 * a half-made one is never used; when several processes build it at the same time, the first one to finish wins.
 *
 * @returns `home`
 */
export async function cachedFolder(home: string, build: (half: string) => Promise<void>): Promise<string> {
  if (existsSync(home)) return home
  await mkdir(dirname(home), { recursive: true })
  const half = await mkdtemp(`${home}.`)
  try {
    await build(half)
    await rename(half, home)
  } catch (thrown) {
    await rm(half, { recursive: true, force: true })
    const isTaken = codeOf(thrown) === 'ENOTEMPTY' || codeOf(thrown) === 'EEXIST'
    if (!isTaken || !existsSync(home)) throw thrown
  }
  return home
}

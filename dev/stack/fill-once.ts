import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../../src/core/index.ts'

/**
 * Fills a folder in the cache, unless it can be used already. It is filled under another name and then renamed, so that an incomplete
 * one is never used. When another process does the same, the first to finish wins.
 *
 * @throws what `fill` throws, or the reason of the signal
 */
export async function fillOnce(
  home: string,
  isUsable: () => boolean,
  fill: (folder: string) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (isUsable()) return
  await mkdir(dirname(home), { recursive: true })
  const half = await mkdtemp(`${home}.`)
  try {
    await fill(half)
    if (!isUsable()) await rm(home, { recursive: true, force: true })
    await rename(half, home)
  } catch (thrown) {
    await rm(half, { recursive: true, force: true })
    signal.throwIfAborted()
    const isTaken = codeOf(thrown) === 'ENOTEMPTY' || codeOf(thrown) === 'EEXIST'
    if (!isTaken || !isUsable()) throw thrown
  }
}

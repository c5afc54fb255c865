import { randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../src/core/index.ts'

/** Another build can get between the two renames of the swap; it cannot do so for long. */
const SWAP_TRIES = 100

/**
 * Fills a folder next to `target`, and then puts it in the place of `target`. Until then the old folder is untouched, and it stays
 * when `fill` fails. A folder with the same content is dropped, so that repeated and concurrent builds do not disturb the programs
 * that use it.
 *
 * The swap is two renames: for an instant there is no folder, but there is never part of one.
 */
export async function replaceFolder(
  target: string,
  fill: (folder: string) => void | Promise<void>,
): Promise<'replaced' | 'unchanged'> {
  removeLeftovers(target)
  const fresh = join(dirname(target), `${basename(target)}.new-${process.pid}-${randomUUID()}`)
  mkdirSync(fresh, { recursive: true })
  try {
    await fill(fresh)
    if (isSame(target, fresh)) return 'unchanged'
    swap(target, fresh)
    return 'replaced'
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function swap(target: string, fresh: string): void {
  const old = `${fresh}-old`
  for (let tries = 1; ; tries++) {
    moveAway(target, old)
    try {
      renameSync(fresh, target)
      break
    } catch (thrown) {
      const isTaken = codeOf(thrown) === 'ENOTEMPTY' || codeOf(thrown) === 'EEXIST'
      if (isTaken && tries < SWAP_TRIES) continue
      if (existsSync(old) && !existsSync(target)) renameSync(old, target)
      throw thrown
    }
  }
  rmSync(old, { recursive: true, force: true })
}

function moveAway(target: string, old: string): void {
  rmSync(old, { recursive: true, force: true })
  try {
    renameSync(target, old)
  } catch (thrown) {
    // The first build, or one that another build has just moved away.
    if (codeOf(thrown) !== 'ENOENT') throw thrown
  }
}

/** Removes what builds left behind that were killed. */
function removeLeftovers(target: string): void {
  const name = basename(target)
  for (const entry of globSync(`${name}.new-*`, { cwd: dirname(target) })) {
    const pid = Number(/^\d+/.exec(entry.slice(`${name}.new-`.length))?.[0])
    if (!isRunning(pid)) rmSync(join(dirname(target), entry), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    // It runs as another user.
    return codeOf(thrown) === 'EPERM'
  }
}

/** Whether two folders hold the same files, with the same permissions. */
function isSame(a: string, b: string): boolean {
  try {
    const [inA, inB] = [filesIn(a), filesIn(b)]
    if (inA.length !== inB.length) return false
    return inA.every((path, at) => path === inB[at] && isSameFile(join(a, path), join(b, path)))
  } catch (thrown) {
    // There is none yet, or another build is replacing it at this moment.
    if (codeOf(thrown) === 'ENOENT') return false
    throw thrown
  }
}

function filesIn(folder: string): string[] {
  return globSync('**', { cwd: folder }).toSorted()
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)]
  if (one.mode !== other.mode || one.isFile() !== other.isFile()) return false
  return !one.isFile() || (one.size === other.size && readFileSync(a).equals(readFileSync(b)))
}

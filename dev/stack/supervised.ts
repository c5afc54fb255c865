import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { lastLines } from './run.ts'

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]]

/** A user to run as. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** What a supervisor is told: run these one after the other; the last one is the server. */
export interface Plan {
  readonly folder: string
  readonly log: string
  readonly steps: readonly Command[]
  /** How long after SIGTERM the server is killed, in milliseconds. */
  readonly graceMs: number
  /** Whom the steps run as, when that is another one; only root may choose. */
  readonly as?: User | undefined
}

/** What a supervisor says, once, when a step fails or the server ends by itself. */
export interface FromSupervisor {
  readonly ended: string
}

/** A server in a process of its own, with a folder of its own. */
export interface Supervised {
  /** Why the server is no longer there, if it is not. */
  ended(): string | undefined
  /** The last lines that it wrote. */
  tail(): string
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

const LOG = 'server.log'

/**
 * Starts a server that ends, and whose folder goes, when this process ends, in whichever way.
 *
 * @param owner the user that the folder is to belong to, when that is another one and the server changes to it by itself
 * @param as the user that the server is started as, and the folder belongs to; for a server that will not begin as root
 */
export function supervise(
  name: string,
  stepsIn: (folder: string) => readonly Command[],
  { env, owner, as }: { env: NodeJS.ProcessEnv; owner?: number | undefined; as?: User | undefined },
): Supervised {
  const folder = mkdtempSync(join(tmpdir(), `changeover-${name}-`))
  const owned = as?.uid ?? owner
  if (owned !== undefined) chownSync(folder, owned, -1)
  const plan: Plan = { folder, log: LOG, steps: stepsIn(folder), graceMs: 10_000, as }
  const child = fork(fileURLToPath(new URL('supervise.ts', import.meta.url)), [JSON.stringify(plan)], {
    // Out of the terminal's process group: Ctrl-C is for the stack to handle, in its own order.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env,
  })
  const gone = once(child, 'exit').catch((thrown: unknown) => [String(thrown)])
  let reason: string | undefined
  child.once('message', ({ ended }: FromSupervisor) => void (reason ??= ended))
  void gone.then(([how]) => (reason ??= `its supervisor ended (${how})`))
  // A server is no reason for a program to stay: when the program has nothing else to do, both may go.
  child.unref()
  child.channel?.unref()

  return {
    ended: () => reason,
    tail: () => lastLines(readFileSync(join(folder, LOG), { encoding: 'utf8', flag: 'a+' })),
    async stop() {
      child.ref()
      if (child.connected) child.disconnect()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

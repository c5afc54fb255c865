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

/** The task of a supervisor: to run these steps in order. The last one is the server. */
export interface Plan {
  readonly folder: string
  readonly log: string
  readonly steps: readonly Command[]
  /** How long after SIGTERM the server is killed, in milliseconds. */
  readonly graceMs: number
  /** The user to run the steps as, if not the present one; only root can choose. */
  readonly as?: User | undefined
  /** Whether the server is started again when it is killed (SIGKILL). */
  readonly revives?: boolean | undefined
}

/** Sent once by a supervisor, when a step fails or the server ends by itself. */
export interface FromSupervisor {
  readonly ended: string
}

/** A server in its own process, with its own folder. */
export interface Supervised {
  /** Why the server is no longer running; undefined while it is. */
  ended(): string | undefined
  /** The last lines that it wrote. */
  tail(): string
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

const LOG = 'server.log'

/**
 * Starts a server. When this process ends, in whichever way, the server is stopped and its folder removed.
 *
 * @param owner the owner of the folder, for a server that switches to another user by itself
 * @param as the user to start the server as, who also owns the folder; for a server that refuses to start as root
 * @param revives whether the server is started again when it is killed
 */
export function supervise(
  name: string,
  stepsIn: (folder: string) => readonly Command[],
  { env, owner, as, revives }: { env: NodeJS.ProcessEnv; owner?: number | undefined } & Pick<Plan, 'as' | 'revives'>,
): Supervised {
  const folder = mkdtempSync(join(tmpdir(), `changeover-${name}-`))
  const owned = as?.uid ?? owner
  if (owned !== undefined) chownSync(folder, owned, -1)
  const plan: Plan = { folder, log: LOG, steps: stepsIn(folder), graceMs: 10_000, as, revives }
  const child = fork(fileURLToPath(new URL('supervise.ts', import.meta.url)), [JSON.stringify(plan)], {
    // Out of the terminal's process group: the stack handles Ctrl-C and stops its servers in order.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env,
  })
  const gone = once(child, 'exit').catch((thrown: unknown) => [String(thrown)])
  let reason: string | undefined
  child.once('message', ({ ended }: FromSupervisor) => void (reason ??= ended))
  void gone.then(([how]) => (reason ??= `its supervisor ended (${how})`))
  // A server does not keep the program alive: when the program has nothing else to do, both end.
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

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { lastLines } from './run.ts'

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]]

/** What a supervisor is told: run these one after the other; the last one is the server. */
export interface Plan {
  readonly folder: string
  readonly log: string
  readonly steps: readonly Command[]
  /** How long after SIGTERM the server is killed, in milliseconds. */
  readonly graceMs: number
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
 * @param owner the user that the folder is to belong to, when that is another one
 */
export function supervise(
  name: string,
  stepsIn: (folder: string) => readonly Command[],
  { env, owner }: { env: NodeJS.ProcessEnv; owner?: number | undefined },
): Supervised {
  const folder = mkdtempSync(join(tmpdir(), `changeover-${name}-`))
  if (owner !== undefined) chownSync(folder, owner, -1)
  const plan: Plan = { folder, log: LOG, steps: stepsIn(folder), graceMs: 10_000 }
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

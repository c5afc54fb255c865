import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { ChangeoverError, until } from '../../src/core/index.ts'
import { supervise } from './supervised.ts'
import type { Command, Supervised, User } from './supervised.ts'

/** How long to wait until a server answers its own driver, in milliseconds. */
const READY_MS = 60_000

/** How to start one kind of server, with its own folder and port. */
export interface Recipe {
  /** Part of the folder's name. */
  readonly name: string
  /** What it is, for messages. */
  readonly what: string
  /** What to do if it fails. */
  readonly remedy: string
  readonly env: NodeJS.ProcessEnv
  /** The user that the server switches to by itself, if it does. */
  readonly owner?: number | undefined
  /** The user to start it as, if not the present one. */
  readonly as?: User | undefined
  /** Whether the server is started again, on its data and its port, when it is killed (SIGKILL). */
  readonly revives?: boolean | undefined
  steps(folder: string, port: number): readonly Command[]
  /** Resolves when the server answers a request of its own driver. */
  ping(port: number): Promise<unknown>
}

/** Starts a server on a free loopback port and waits until it answers. Retries once if another program took the port first. */
export async function launch(
  recipe: Recipe,
  signal: AbortSignal,
): Promise<{ port: number; stop: () => Promise<void> }> {
  for (let first = true; ; first = false) {
    const port = await freePort()
    signal.throwIfAborted()
    const server = supervise(recipe.name, (folder) => recipe.steps(folder, port), recipe)
    try {
      await ready(recipe, server, port, signal)
      return { port, stop: () => server.stop() }
    } catch (thrown) {
      const clash = /address already in use|EADDRINUSE/i.test(server.tail())
      await server.stop()
      if (!first || !clash || signal.aborted) throw thrown
    }
  }
}

async function ready(recipe: Recipe, server: Supervised, port: number, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(READY_MS)
  let last: unknown
  try {
    await until(
      async () => {
        const reason = server.ended()
        if (reason !== undefined) throw new Error(reason)
        return recipe.ping(port).then(
          () => true,
          (thrown: unknown) => {
            last = thrown
            return false
          },
        )
      },
      { signal: AbortSignal.any([signal, deadline]) },
    )
  } catch (thrown) {
    signal.throwIfAborted()
    const reason = deadline.aborted ? `did not answer within ${READY_MS / 1_000} s` : 'did not start'
    throw new ChangeoverError('UNREACHABLE', `${recipe.what} ${reason}.`, {
      remedy: recipe.remedy,
      cause: new Error(server.tail() || 'It wrote nothing.', { cause: deadline.aborted ? last : thrown }),
    })
  }
}

/** A port of the loopback address that no server has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { createConnection } from 'mysql2/promise'

import { until } from '../../src/core/index.ts'
import { runEngine } from './database.ts'
import type { Engine } from './database-server.ts'
import { thisMachine } from './machine.ts'

/** A database server that belongs to its caller alone, who may kill it. */
export interface OwnDatabase extends AsyncDisposable {
  /** Names no database. The same after a restart. */
  readonly url: string
  /** What was started. */
  readonly found: string
  /** Kills the process (SIGKILL) and waits until it runs again, on the same data, and answers. */
  kill(signal: AbortSignal): Promise<void>
}

/**
 * Starts a server of this engine, and starts it again whenever it is killed. Never uses the servers of the environment.
 *
 * @throws {ChangeoverError} `'CONFIG'` or `'UNREACHABLE'`, when this machine cannot have one
 */
export async function startOwnDatabase(
  engine: Engine,
  {
    say = () => {},
    signal = new AbortController().signal,
  }: { say?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<OwnDatabase> {
  const context = { machine: thisMachine(process.env), say, signal }
  const { value: url, why, stop } = await runEngine(engine, context, { why: 'one of its own', revives: true })
  return {
    url,
    found: why,
    async kill(patience) {
      const killed = await pidOf(url)
      process.kill(killed, 'SIGKILL')
      await until(
        () =>
          pidOf(url).then(
            (pid) => pid !== killed,
            () => false,
          ),
        { signal: patience },
      )
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function pidOf(url: string): Promise<number> {
  const connection = await createConnection({ uri: url, connectTimeout: 2_000 })
  try {
    const [rows] = await connection.query('SELECT @@pid_file AS file, @@datadir AS folder')
    const [{ file, folder } = { file: '', folder: '' }] = rows as { file: string; folder: string }[]
    return Number(readFileSync(resolve(folder, file), 'utf8'))
  } finally {
    connection.destroy()
  }
}

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { startStack } from '../../dev/stack/index.ts'
import { freshName } from './fresh.ts'

/** A server that a suite has for itself, so that it may stop and misconfigure it. */
export interface OwnMysql extends AsyncDisposable {
  /** The address of a new database. */
  freshDatabase(): Promise<string>
  /** Runs a statement on the server. */
  set(sql: string): Promise<void>
  /** Stops and continues the process: while it is stopped, connections are accepted and nothing is answered. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
}

/**
 * Starts a server; or uses the one at `CHANGEOVER_OWN_MYSQL_URL`, which must run on this machine and belong to the tests alone, to
 * run the same suite on MySQL where the stack finds MariaDB.
 */
export async function startOwnMysql(): Promise<OwnMysql> {
  const given = process.env['CHANGEOVER_OWN_MYSQL_URL']
  const { MYSQL_URL: _, ...env } = process.env
  const stack = given === undefined ? await startStack({ only: ['mysql'], env }) : undefined
  const server = given ?? stack!.mysqlUrl
  // Kept, because no new one may be had while the server is misconfigured; it prepares no statements.
  const owner = await createConnection(server)
  const [found] = await owner.query('SELECT @@pid_file AS file, @@datadir AS folder')
  const { file, folder } = (found as { file: string; folder: string }[])[0]!
  const pid = Number(readFileSync(resolve(folder, file), 'utf8'))
  const databases: string[] = []
  return {
    async freshDatabase() {
      const name = freshName()
      await owner.query(`CREATE DATABASE \`${name}\``)
      databases.push(name)
      return Object.assign(new URL(server), { pathname: `/${name}` }).href
    },
    async set(sql) {
      await owner.query(sql)
    },
    signal: (name) => void process.kill(pid, name),
    async [Symbol.asyncDispose]() {
      process.kill(pid, 'SIGCONT')
      for (const name of databases) await owner.query(`DROP DATABASE \`${name}\``)
      await owner.end()
      await stack?.stop()
    },
  }
}

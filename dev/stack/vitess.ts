import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { createConnection } from 'mysql2/promise'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { runServer } from './database-server.ts'
import { mysqlProgram } from './database.ts'
import { mustListen } from './given.ts'
import { goProgram } from './go-program.ts'
import { freePort, launch } from './launch.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'
import { unprivilegedUser } from './unprivileged.ts'

const KEYSPACE = 'changeover_test'
const SHARDS = ['-80', '80-']

const REMEDY = 'Install the Go that dev/vitess/go.mod names, or set VITESS_URL=mysql://user@host:port/keyspace.'

/** Vitess replicates by GTIDs, and checks that the server has them. */
const REPLICABLE = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--log-replica-updates=ON', '--sync-binlog=0']

/**
 * A Vitess with one keyspace of two shards over one MySQL, as one process (`vtcombo`). The keyspace has the vschema in the file
 * `VITESS_VSCHEMA`, or an empty one; any user may change it with `ALTER VSCHEMA`.
 */
export async function findVitess(context: Context): Promise<Running<string>> {
  const { machine, signal } = context
  const { env } = machine
  const url = env.VITESS_URL
  if (url) {
    await mustListen('VITESS_URL', url, 15306, signal)
    return given(url, 'VITESS_URL', redactUrl(url))
  }
  const vschema = vschemaIn(env.VITESS_VSCHEMA)
  const source = 'vitess.io/vitess/go/cmd/vtcombo'
  const program = await goProgram(
    'vtcombo',
    { from: 'vitess', source, remedy: REMEDY, takes: 'a few minutes' },
    context,
  )
  const engine = await mysqlProgram(context)
  if (engine === undefined)
    throw new ChangeoverError('CONFIG', 'MySQL was not found, and Vitess needs it.', { remedy: REMEDY })
  const mysql = await runServer(engine, context, { remedy: REMEDY, why: 'for Vitess', settings: REPLICABLE })
  try {
    const socket = await socketOf(mysql.value)
    const [web, grpc] = [await freePort(), await freePort()]
    const what = `Vitess ${versionLocked()}, ${SHARDS.length} shards over ${engine.what}`
    const as = machine.isRoot ? unprivilegedUser('vitess') : undefined
    // Another user has to reach the socket.
    if (as !== undefined) chmodSync(dirname(socket), 0o711)
    const steps = (folder: string, port: number): Command[] => {
      // Nor can another user read root's cache.
      const own = join(folder, 'vtcombo')
      copyFileSync(program, own)
      chmodSync(own, 0o755)
      mkdirSync(join(folder, 'schema', KEYSPACE), { recursive: true })
      writeFileSync(join(folder, 'schema', KEYSPACE, 'vschema.json'), vschema)
      return [['env', `VTDATAROOT=${folder}`, `HOME=${folder}`, own, ...settings({ folder, socket, port, web, grpc })]]
    }
    const { port, stop } = await launch({ name: 'vitess', what, remedy: REMEDY, env, as, steps, ping }, signal)
    return {
      value: urlAt(port),
      why: `${what} (no VITESS_URL)`,
      async stop() {
        await stop()
        await mysql.stop()
      },
    }
  } catch (thrown) {
    await mysql.stop()
    throw thrown
  }
}

interface Place {
  readonly folder: string
  readonly socket: string
  readonly port: number
  readonly web: number
  readonly grpc: number
}

function settings({ folder, socket, port, web, grpc }: Place): string[] {
  const shards = SHARDS.map((name) => ({ name }))
  const topology = { cells: ['dev'], keyspaces: [{ name: KEYSPACE, shards, replicaCount: 1 }] }
  const users = ['app', 'dba', 'allprivs', 'appdebug', 'filtered', 'repl'].map((name) => `--db-${name}-user=root`)
  return [
    `--json-topo=${JSON.stringify(topology)}`,
    `--schema-dir=${join(folder, 'schema')}`,
    '--mycnf-server-id=1',
    `--db-socket=${socket}`,
    '--db-charset=utf8mb4',
    ...users,
    '--bind-address=127.0.0.1',
    `--port=${web}`,
    '--grpc-bind-address=127.0.0.1',
    `--grpc-port=${grpc}`,
    '--mysql-server-bind-address=127.0.0.1',
    `--mysql-server-port=${port}`,
    '--mysql-server-version=8.4.0-vitess',
    '--mysql-auth-server-impl=none',
    '--vschema-ddl-authorized-users=%',
    // It waits half a minute for tablets of types that there are none of.
    '--tablet-types-to-wait=primary',
  ]
}

/** The text of the vschema to start with. */
function vschemaIn(file: string | undefined): string {
  if (!file) return JSON.stringify({ sharded: true, vindexes: { binary_md5: { type: 'binary_md5' } }, tables: {} })
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new ChangeoverError('CONFIG', `VITESS_VSCHEMA is ${file}, which cannot be read.`, {
      remedy: 'Write it with: changeover vschema > vschema.json',
      cause: thrown,
    })
  }
}

/** Modules of Vitess 24.0.4 have the version v0.24.4. */
function versionLocked(): string {
  const module = readFileSync(new URL('../vitess/go.mod', import.meta.url), 'utf8')
  const [, major = '', patch = ''] = /vitess\.io\/vitess v0\.(\d+)\.(\d+)/.exec(module) ?? []
  return `${major}.0.${patch}`
}

async function socketOf(url: string): Promise<string> {
  const connection = await createConnection(url)
  const [rows] = await connection.query('SELECT @@socket AS socket')
  await connection.end()
  return (rows as { socket: string }[])[0]!.socket
}

function urlAt(port: number): string {
  return `mysql://root@127.0.0.1:${port}/${KEYSPACE}`
}

async function ping(port: number): Promise<void> {
  const connection = await createConnection({ uri: urlAt(port), connectTimeout: 2_000 })
  await connection.query('SHOW TABLES')
  await connection.end()
}

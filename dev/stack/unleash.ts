import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import type { FlagSource } from './flags.ts'
import { launch } from './launch.ts'
import { npmFolder } from './npm-folder.ts'
import { runPostgres } from './postgres.ts'
import type { Context, Running } from './service.ts'
import type { Command } from './supervised.ts'

const REMEDY =
  'Set CHANGEOVER_UNLEASH=0 to run without it, or run `docker compose -f dev/stack/compose.yaml up -d --wait unleash` and set ' +
  'UNLEASH_URL, UNLEASH_TOKEN, UNLEASH_PRODUCTION_TOKEN and UNLEASH_ADMIN_TOKEN as it says.'

/**
 * Runs Unleash with its own PostgreSQL. Its licence is the AGPL, so it is a separate server in a separate installation, and no part
 * of it is in this package.
 */
export async function runUnleash(context: Context): Promise<Running<FlagSource>> {
  const { machine, signal } = context
  const home = await npmFolder('unleash-server', { service: 'flags', from: 'unleash', remedy: REMEDY }, context)
  const postgres = await runPostgres(context, REMEDY)
  const secret = (): string => randomBytes(16).toString('hex')
  const token = `default:development.${secret()}`
  const productionToken = `default:production.${secret()}`
  const adminToken = `*:*.${secret()}`

  const program = join(home, 'node_modules', 'unleash-server', 'dist', 'server.js')
  // There is no argument for the port, so `env` of the shell sets it.
  const steps = (_folder: string, port: number): Command[] => [['env', `HTTP_PORT=${port}`, process.execPath, program]]
  const env = {
    // Not the whole environment: a developer's DATABASE_URL or UNLEASH_… is meant for another server.
    PATH: machine.env.PATH,
    NODE_ENV: 'production',
    TZ: 'UTC',
    HTTP_HOST: '127.0.0.1',
    DATABASE_HOST: '127.0.0.1',
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: 'postgres',
    DATABASE_USERNAME: 'postgres',
    DATABASE_SSL: 'false',
    INIT_ADMIN_API_TOKENS: adminToken,
    INIT_BACKEND_API_TOKENS: `${token},${productionToken}`,
    UNLEASH_SECRET: secret(),
    CHECK_VERSION: 'false',
    SEND_TELEMETRY: 'false',
  }
  const ping = async (port: number): Promise<void> => {
    const headers = { Authorization: token }
    const answer = await fetch(`${urlOf(port)}/client/features`, { headers, signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`it answers ${answer.status}`)
  }
  try {
    const recipe = { name: 'unleash', what: 'unleash-server', remedy: REMEDY, env, steps, ping }
    const { port, stop } = await launch(recipe, signal)
    const url = urlOf(port)
    return {
      value: { kind: 'unleash', url, token, productionToken, adminUrl: `${url}/admin`, adminToken },
      why: `unleash-server on ${postgres.what}, private data folder (no UNLEASH_URL)`,
      async stop() {
        await stop()
        await postgres.stop()
      },
    }
  } catch (thrown) {
    await postgres.stop()
    throw thrown
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/api`
}

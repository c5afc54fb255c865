import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { mustListen } from './given.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'

/** The settings of an SQS client. */
export interface SqsEndpoint {
  readonly endpoint: string
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
}

export async function findSqs({ machine, signal }: Context): Promise<Running<SqsEndpoint>> {
  const { env } = machine
  const endpoint = env.SQS_ENDPOINT
  if (endpoint) {
    await mustListen('SQS_ENDPOINT', endpoint, endpoint.startsWith('https:') ? 443 : 80, signal)
    return given(endpointAt(endpoint, env), 'SQS_ENDPOINT', redactUrl(endpoint))
  }
  const { port, stop } = await runFauxqs(env, signal)
  return { value: endpointAt(`http://127.0.0.1:${port}`, env), why: 'fauxqs, in memory (no SQS_ENDPOINT)', stop }
}

export function endpointAt(endpoint: string, env: NodeJS.ProcessEnv): SqsEndpoint {
  const { AWS_ACCESS_KEY_ID = 'local', AWS_SECRET_ACCESS_KEY = 'local', AWS_SESSION_TOKEN: sessionToken } = env
  return {
    endpoint,
    region: env.AWS_REGION ?? 'us-east-1',
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  }
}

/** Runs in a separate process, so that it does not take time of an event loop that is being measured. */
async function runFauxqs(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ port: number; stop: () => Promise<void> }> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(new URL('sqs-server.ts', import.meta.url)), [], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env,
  })
  const gone = once(child, 'exit').catch(() => {})
  const stop = async () => {
    child.ref()
    if (child.connected) child.disconnect()
    await gone
  }
  const port = await Promise.race([once(child, 'message', { signal }), gone.then(() => undefined)]).then(
    (message) => message?.[0] as number | undefined,
    async (thrown: unknown) => {
      await stop()
      throw thrown
    },
  )
  if (port === undefined) {
    throw new ChangeoverError('CONFIG', 'There is no SQS, because fauxqs did not start.', {
      remedy:
        'Run `npm install`, which installs fauxqs; or run ' +
        '`docker compose -f dev/stack/compose.yaml up -d --wait sqs` and set SQS_ENDPOINT=http://127.0.0.1:9324.',
    })
  }
  child.unref()
  child.channel?.unref()
  return { port, stop }
}

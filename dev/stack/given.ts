import { once } from 'node:events'
import { connect } from 'node:net'

import { ChangeoverError, codeOf, redactUrl } from '../../src/core/index.ts'

/** How long an address from the environment has to answer, in milliseconds. */
export const GIVEN_MS = 5_000

/** Throws, naming the variable, unless something listens at the address that it holds. */
export async function mustListen(
  variable: string,
  address: string,
  defaultPort: number,
  signal: AbortSignal,
): Promise<void> {
  const url = URL.parse(address)
  if (url === null || url.hostname === '') throw notAnAddress(variable)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(url.port || defaultPort) })
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(GIVEN_MS)]) })
  } catch (thrown) {
    signal.throwIfAborted()
    throw silent(variable, address, thrown)
  } finally {
    socket.destroy()
  }
}

export function notAnAddress(variable: string): ChangeoverError {
  return new ChangeoverError('CONFIG', `${variable} is set, but not to the address of a server.`, {
    remedy: `Write ${variable} as scheme://user:password@host:port, or unset it to have a server started here.`,
  })
}

export function silent(variable: string, address: string, thrown: unknown): ChangeoverError {
  const code = codeOf(thrown)
  const reason = typeof code === 'string' && code !== 'ABORT_ERR' ? code : `no answer in ${GIVEN_MS / 1_000} s`
  return new ChangeoverError(
    'UNREACHABLE',
    `${variable} names ${redactUrl(address)}, which does not answer (${reason}).`,
    {
      remedy: `Start that server, correct ${variable}, or unset it to have a server started here.`,
      cause: thrown,
    },
  )
}

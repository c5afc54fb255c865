import { once } from 'node:events'
import { connect } from 'node:net'

import { ChangeoverError, codeOf, redactUrl } from '../../src/core/index.ts'

/** How long to wait for an address from the environment to answer, in milliseconds. */
export const GIVEN_MS = 5_000

/** Throws an error that names the variable, unless a server listens at its address. */
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
  return new ChangeoverError('CONFIG', `${variable} is not the address of a server.`, {
    remedy: `Write ${variable} as scheme://user:password@host:port, or unset it to start a server on this machine.`,
  })
}

export function silent(variable: string, address: string, thrown: unknown): ChangeoverError {
  const code = codeOf(thrown)
  const reason = typeof code === 'string' && code !== 'ABORT_ERR' ? code : `timed out after ${GIVEN_MS / 1_000} s`
  return new ChangeoverError(
    'UNREACHABLE',
    `${variable} is ${redactUrl(address)}, which does not answer (${reason}).`,
    {
      remedy: `Start that server, correct ${variable}, or unset it to start a server on this machine.`,
      cause: thrown,
    },
  )
}

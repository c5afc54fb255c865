import { onTestFinished } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A TCP proxy that can fall silent: it accepts connections and takes what it is sent, and gives no answer. */
export type SilentProxy = Pick<TcpProxy, 'url' | 'silence' | 'resume'>

/** A proxy in front of the server of a URL; it ends with the test. */
export async function startSilentProxy(target: string): Promise<SilentProxy> {
  const proxy = await startTcpProxy(target)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

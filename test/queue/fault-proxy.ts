import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What passes: a request of the JSON protocol, then its answer. */
export interface Exchange {
  /** `SendMessageBatch`, `ReceiveMessage`, … */
  readonly action: string
  readonly request: Json
  status: number
  answer: Json
}

export interface Json {
  [name: string]: unknown
  Entries?: { Id: string; MessageBody?: string }[]
  Successful?: { Id: string }[]
  Failed?: { Id: string; Code: string; SenderFault: boolean; Message?: string }[]
}

/** An HTTP server in front of a real one, which hands each answer to `tamper` before it hands it on. */
export async function startFaultProxy(
  target: string,
  tamper: (exchange: Exchange) => void,
): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await textOf(incoming)
      const { host: _, ...headers } = incoming.headers
      const response = await fetch(new URL(incoming.url ?? '/', target), {
        method: 'POST',
        headers: headers as Record<string, string>,
        body,
      })
      const exchange: Exchange = {
        action: String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '',
        request: JSON.parse(body) as Json,
        status: response.status,
        answer: (await response.json()) as Json,
      }
      tamper(exchange)
      outgoing.writeHead(exchange.status, { 'content-type': 'application/x-amz-json-1.0' })
      outgoing.end(JSON.stringify(exchange.answer))
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SQSClient } from '@aws-sdk/client-sqs'
import { inject, onTestFinished } from 'vitest'
import { sqs, type Queue } from '../../src/queue/index.ts'
import { freshQueue } from '../support/fresh.ts'

/** How SQS can fail for a sender. */
export type Fault =
  | 'fine'
  | 'slow'
  | 'hangs'
  | 'down'
  | 'answers 500'
  | 'fails half'
  | 'finds all too large'
  | 'loses answers'

/** A real SQS API behind an unreliable proxy. */
export interface FaultySqs {
  fault: Fault
  /** The number of sends so far. */
  readonly sends: number
  readonly endpoint: string
  readonly url: string
  /** Goes through the fault. */
  readonly queue: Queue
  /** Goes directly to the server. */
  readonly real: Queue
}

export async function faultySqs(fault: Fault = 'fine'): Promise<FaultySqs> {
  const behind = await freshQueue()
  onTestFinished(() => behind[Symbol.asyncDispose]())
  const config = inject('sqs')
  let sends = 0
  const server = createServer((request, response) => void serve(request, response).catch(() => request.destroy()))
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request)
    sends++
    if (self.fault === 'hangs') return
    if (self.fault === 'down') return void request.destroy()
    if (self.fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 200))
    const said = (status: number, answer: object): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(answer))
    }
    if (self.fault === 'answers 500') return said(500, { __type: 'InternalFailure' })
    const asked = JSON.parse(body) as { Entries: { Id: string }[] }
    const failed = (Code: string, SenderFault: boolean) => (entry: { Id: string }) => ({
      Id: entry.Id,
      Code,
      SenderFault,
    })
    if (self.fault === 'finds all too large') {
      return said(200, { Successful: [], Failed: asked.Entries.map(failed('InvalidParameterValue', true)) })
    }
    const { host: _, 'content-length': __, ...headers } = request.headers
    const taken = self.fault === 'fails half' && sends % 2 === 1 ? [] : asked.Entries
    const left = asked.Entries.filter((entry) => !taken.includes(entry))
    if (taken.length === 0) return said(200, { Successful: [], Failed: left.map(failed('InternalError', false)) })
    const answer = await fetch(new URL(request.url ?? '/', config.endpoint), {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: JSON.stringify({ ...asked, Entries: taken }),
    })
    if (self.fault === 'loses answers' && sends % 2 === 1) return void request.destroy()
    said(answer.status, (await answer.json()) as object)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = new SQSClient({ ...config, endpoint, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  const self: FaultySqs = {
    fault,
    endpoint,
    get sends() {
      return sends
    },
    url: behind.url,
    queue: sqs(client, behind.url),
    real: behind.queue,
  }
  return self
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ChangeoverError } from '../../src/core/errors.ts'
import { sqs } from '../../src/queue/index.ts'
import type { Queue, SendOutcome } from '../../src/queue/index.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { queueContract } from '../contract/queue.ts'
import { startFaultProxy } from './fault-proxy.ts'
import type { Exchange } from './fault-proxy.ts'
import { freshQueue, sqsClient, startSqs } from './sqs-server.ts'
import type { SqsServer } from './sqs-server.ts'

const receiveOne = { max: 1, waitSeconds: 0, visibilitySeconds: 60 }

let server: SqsServer
beforeAll(async () => {
  server = await startSqs()
})
afterAll(async () => await server.stop())

queueContract('SQS', async () => {
  const client = sqsClient(server.endpoint)
  const { queueUrl, remove } = await freshQueue(client)
  // The limits of the server itself: what is packed wrongly, it refuses.
  return {
    queue: sqs(client, queueUrl, { limits: { messageBytes: 1_048_576, batchBytes: 1_048_576 } }),
    dispose: remove,
  }
})

describe('with faults in between', () => {
  async function queueBehind(tamper: (exchange: Exchange) => void): Promise<Queue> {
    const { queueUrl, remove } = await freshQueue(sqsClient(server.endpoint))
    const proxy = await startFaultProxy(server.endpoint, tamper)
    const client = sqsClient(proxy.endpoint)
    onTestFinished(async () => {
      client.destroy()
      await proxy.stop()
      await remove()
    })
    return sqs(client, queueUrl)
  }

  test('reports failed entries of an answer of 200, and entries that it does not list', async () => {
    const queue = await queueBehind(({ action, answer }) => {
      if (action !== 'SendMessageBatch') return
      answer.Successful = answer.Successful?.filter(({ Id }) => Id === '0') ?? []
      answer.Failed = [
        { Id: '1', Code: 'InternalError', SenderFault: false, Message: 'Try again.' },
        { Id: '2', Code: 'InvalidMessageContents', SenderFault: true },
        { Id: '3', Code: 'RequestThrottled', SenderFault: true },
        { Id: '4', Code: 'SomethingNew', SenderFault: true },
      ]
    })
    const outcomes = await queue.send(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, body: id })))
    expect(outcomes).toEqual([
      { id: 'a', status: 'sent' },
      { id: 'b', status: 'failed', retryable: true, reason: 'InternalError: Try again.' },
      { id: 'c', status: 'failed', retryable: false, reason: 'InvalidMessageContents' },
      { id: 'd', status: 'failed', retryable: true, reason: 'RequestThrottled' },
      { id: 'e', status: 'failed', retryable: false, reason: 'SomethingNew' },
      { id: 'f', status: 'failed', retryable: true, reason: expect.stringContaining('not for this entry') as string },
    ])
  })

  test('no request waits for a service that has gone silent', async () => {
    const { queueUrl, remove } = await freshQueue(sqsClient(server.endpoint))
    const proxy = await startTcpProxy(server.endpoint)
    const client = sqsClient(proxy.url)
    onTestFinished(async () => {
      client.destroy()
      await proxy[Symbol.asyncDispose]()
      await remove()
    })
    const queue = sqs(client, queueUrl, { requestTimeoutMs: 200 })
    await queue.send([{ id: 'a', body: 'a' }])
    const messages = await queue.receive(receiveOne)
    proxy.silence()
    const silent = { code: 'UNREACHABLE', message: expect.stringContaining('did not answer within') as string }
    await expect(queue.receive({ ...receiveOne, waitSeconds: 1 })).rejects.toMatchObject(silent)
    await expect(queue.approximateDepth()).rejects.toMatchObject(silent)
    expect(await queue.acknowledge(messages)).toEqual(messages.map(({ id }) => id))
    expect(await queue.extend(messages, 30)).toEqual(messages.map(({ id }) => id))
    expect(await queue.send([{ id: 'b', body: 'b' }])).toMatchObject([{ status: 'failed', retryable: true }])
    proxy.resume()
    expect(await queue.acknowledge(messages)).toEqual([])
  })

  test('acknowledge and extend report the entries that failed', async () => {
    const queue = await queueBehind(({ action, answer }) => {
      if (action !== 'DeleteMessageBatch' && action !== 'ChangeMessageVisibilityBatch') return
      answer.Successful = answer.Successful?.filter(({ Id }) => Id === '0') ?? []
      answer.Failed = [{ Id: '1', Code: 'InternalError', SenderFault: false }]
    })
    await queue.send(['a', 'b', 'c'].map((id) => ({ id, body: id })))
    const messages = await queue.receive({ max: 10, waitSeconds: 5, visibilitySeconds: 60 })
    expect(messages).toHaveLength(3)
    const notDone = messages.slice(1).map(({ id }) => id)
    expect(await queue.extend(messages, 30)).toEqual(notDone)
    expect(await queue.acknowledge(messages)).toEqual(notDone)
  })

  test('a failed batch does not fail the others', async () => {
    let batches = 0
    const queue = await queueBehind((exchange) => {
      if (exchange.action === 'SendMessageBatch' && ++batches === 2) fail(exchange, 500, 'InternalFailure')
    })
    const outcomes = await queue.send(Array.from({ length: 25 }, (_, number) => ({ id: String(number), body: 'x' })))
    expect(batches).toBe(3)
    const failed = outcomes.filter(({ status }) => status === 'failed')
    expect(failed.map(({ id }) => Number(id))).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    expect(failed.every((outcome) => retryable(outcome))).toBe(true)
  })

  test('batches stay within the default limits', async () => {
    const sizes: number[] = []
    const queue = await queueBehind(({ action, request }) => {
      if (action !== 'SendMessageBatch') return
      sizes.push((request.Entries ?? []).reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0))
    })
    await queue.send(Array.from({ length: 5 }, (_, number) => ({ id: String(number), body: '€'.repeat(40_000) })))
    expect(sizes).toEqual([240_000, 240_000, 120_000])
  })

  test.each([
    [500, 'InternalFailure', 'UNREACHABLE', true],
    [503, 'SomethingNew', 'UNREACHABLE', true],
    [400, 'ThrottlingException', 'UNREACHABLE', true],
    [403, 'AccessDeniedException', 'DENIED', false],
    [400, 'ExpiredToken', 'DENIED', true],
    [400, 'InvalidClientTokenId', 'DENIED', false],
    [400, 'QueueDoesNotExist', 'CONFIG', false],
    [400, 'SomethingNew', 'CONFIG', false],
  ])('translates status %i with %s', async (status, type, code, passes) => {
    const queue = await queueBehind((exchange) => fail(exchange, status, type))
    expect(await queue.send([{ id: 'a', body: 'x' }])).toEqual([
      { id: 'a', status: 'failed', retryable: passes, reason: expect.stringContaining(type) as string },
    ])
    for (const attempt of [queue.receive(receiveOne), queue.approximateDepth()]) {
      const error = await thrownBy(attempt)
      expect(error).toMatchObject({ code, message: expect.stringContaining(type) as string })
      expect(error.remedy).toMatch(/^Check /)
    }
  })

  test('an error about a signature does not repeat the secrets that AWS quotes', async () => {
    const queue = await queueBehind((exchange) => {
      fail(
        exchange,
        403,
        'SignatureDoesNotMatch',
        'The canonical string should have been x-amz-security-token:hush-hush',
      )
    })
    const error = await thrownBy(queue.receive(receiveOne))
    expect(error.code).toBe('DENIED')
    expect(JSON.stringify([error.message, error.remedy, String(error.cause)])).not.toContain('hush-hush')
    expect(JSON.stringify(await queue.send([{ id: 'a', body: 'x' }]))).not.toContain('hush-hush')
  })

  test('a server that cannot be reached is named, without secrets, and retryable', async () => {
    const gone = await startFaultProxy(server.endpoint, () => {})
    await gone.stop()
    const client = sqsClient(gone.endpoint)
    const address = new URL(gone.endpoint).host
    const queue = sqs(client, `http://someone:hush-hush@${address}/000000000000/events?token=hush-hush`)
    const outcomes = await queue.send([{ id: 'a', body: 'x' }])
    expect(outcomes).toMatchObject([{ id: 'a', status: 'failed', retryable: true }])
    const error = await thrownBy(queue.receive(receiveOne))
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') as string })
    expect(error.message).toContain(`${address}/000000000000/events`)
    expect(error.remedy).toContain('endpoint')
    expect(`${error.message} ${error.remedy} ${JSON.stringify(outcomes)}`).not.toContain('hush-hush')
    const message = { id: 'm', body: 'x', receiptHandle: 'r', receiveCount: 1, sentAt: undefined }
    expect(await queue.acknowledge([message])).toEqual(['m'])
    expect(await queue.extend([message], 5)).toEqual(['m'])
    client.destroy()
  })
})

test('refuses what is not a URL, and a FIFO queue, when it is created', () => {
  const client = sqsClient('http://127.0.0.1:1')
  expect(() => sqs(client, '')).toThrow('missing or not a URL')
  expect(() => sqs(client, 'https://sqs.eu-central-1.amazonaws.com/1/events.fifo')).toThrow('FIFO')
  client.destroy()
})

test('without the SDK the queue module can be imported, and only SQS reports that it is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'changeover-'))
  onTestFinished(async () => await rm(folder, { recursive: true }))
  for (const room of ['core', 'event', 'queue']) {
    await cp(new URL(`../../src/${room}`, import.meta.url), join(folder, room), { recursive: true })
  }
  await mkdir(join(folder, 'node_modules'))
  await symlink(new URL('../../node_modules/bson', import.meta.url), join(folder, 'node_modules/bson'))
  const script = `
    import { memoryQueue, sqs } from './queue/index.ts'
    await memoryQueue().send([{ id: 'a', body: 'x' }])
    const queue = sqs({ send: async () => ({}) }, 'https://example.com/queue')
    const [outcome] = await queue.send([{ id: 'a', body: 'x' }])
    const error = await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 1 }).catch((thrown) => thrown)
    process.stdout.write(JSON.stringify({ outcome, code: error.code, remedy: error.remedy }))`
  await writeFile(join(folder, 'script.ts'), script)
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'script.ts')])
  expect(JSON.parse(stdout)).toEqual({
    outcome: {
      id: 'a',
      status: 'failed',
      retryable: false,
      reason: 'The package @aws-sdk/client-sqs is not installed, and an SQS queue needs it.',
    },
    code: 'CONFIG',
    remedy: 'Run: npm install @aws-sdk/client-sqs',
  })
})

function fail(exchange: Exchange, status: number, type: string, message = 'No.'): void {
  exchange.status = status
  exchange.answer = { __type: `com.amazonaws.sqs#${type}`, message }
}

function retryable(outcome: SendOutcome): boolean {
  return outcome.status === 'failed' && outcome.retryable
}

async function thrownBy(attempt: Promise<unknown>): Promise<ChangeoverError> {
  const thrown = await attempt.then(() => undefined).catch((error: unknown) => error)
  if (thrown instanceof ChangeoverError) return thrown
  throw new Error(`Not a ChangeoverError: ${String(thrown)}`)
}

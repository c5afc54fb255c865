import { expect, test } from 'vitest'
import { DEFAULT_QUEUE_LIMITS, memoryQueue } from '../../src/queue/index.ts'
import { queueContract } from '../contract/queue.ts'

queueContract('in memory', async () => ({ queue: memoryQueue(), dispose: async () => {} }))

test('leases are measured by the given clock', async () => {
  let now = 0
  const queue = memoryQueue({ clock: () => now })
  await queue.send([{ id: 'a', body: 'one' }])
  const leased = await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 30 })
  expect(leased).toMatchObject([{ sentAt: new Date(0), receiveCount: 1 }])
  now = 29_999
  expect(await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 30 })).toEqual([])
  now = 30_000
  expect(await queue.acknowledge(leased)).toEqual([leased[0]?.id])
  expect(await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 30 })).toMatchObject([{ receiveCount: 2 }])
})

test('several waiting receivers share what arrives', async () => {
  const queue = memoryQueue()
  const waiting = ['first', 'second'].map(() => queue.receive({ max: 1, waitSeconds: 20, visibilitySeconds: 60 }))
  await queue.send(['a', 'b'].map((id) => ({ id, body: id })))
  expect((await Promise.all(waiting)).flat().map(({ body }) => body)).toEqual(['a', 'b'])
})

test('a receiver that finds nothing waits for waitSeconds and no longer', async () => {
  const started = performance.now()
  expect(await memoryQueue().receive({ max: 1, waitSeconds: 0.05, visibilitySeconds: 60 })).toEqual([])
  expect(performance.now() - started).toBeGreaterThanOrEqual(49)
})

test('each limit has its own default and is checked', () => {
  expect(memoryQueue({ limits: { batchEntries: 3 } }).limits).toEqual({ ...DEFAULT_QUEUE_LIMITS, batchEntries: 3 })
  expect(() => memoryQueue({ limits: { messageBytes: 0 } })).toThrow(
    'The option limits.messageBytes of memoryQueue is 0.',
  )
})

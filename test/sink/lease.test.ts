import { expect, it } from 'vitest'
import type { QueueReceiver, ReceivedMessage } from '../../src/queue/index.ts'
import { Lease } from '../../src/sink/lease.ts'

const messages = ['a', 'b', 'c'].map((id): ReceivedMessage => ({
  id,
  body: id,
  receiptHandle: id,
  receiveCount: 1,
  sentAt: undefined,
}))

/** A lease of 30 seconds on three messages, received at 0, whose renewals `extend` answers. */
function leasing(extend: (ids: readonly string[]) => readonly string[] | Promise<readonly string[]>) {
  const told = { notRenewed: [] as number[], lost: [] as number[], extended: [] as string[] }
  let now = 0
  const queue: QueueReceiver = {
    receive: async () => [],
    acknowledge: async () => [],
    async extend(those) {
      const ids = those.map(({ id }) => id)
      told.extended.push(ids.join(''))
      return extend(ids)
    },
  }
  const lease = new Lease(
    queue,
    { messages, since: 0 },
    30,
    { notRenewed: (count) => void told.notRenewed.push(count), lost: (count) => void told.lost.push(count) },
    () => now,
  )
  return {
    lease,
    told,
    renewAt: (seconds: number) => {
      now = seconds * 1000
      return lease.renew()
    },
    releaseAt: (seconds: number) => {
      now = seconds * 1000
      return lease.release().map(({ id }) => id)
    },
  }
}

it('holds all messages while renewals succeed', async () => {
  const { told, renewAt, releaseAt } = leasing(() => [])
  for (const seconds of [10, 20, 30, 40, 69]) await renewAt(seconds)
  expect(releaseAt(98)).toEqual(['a', 'b', 'c'])
  expect(told).toMatchObject({ notRenewed: [], lost: [] })
})

it('tries again after a failed renewal, and loses nothing when that succeeds in time', async () => {
  let calls = 0
  const { told, renewAt, releaseAt } = leasing((ids) => (++calls === 1 ? ids : []))
  await renewAt(10)
  await renewAt(20)
  expect(releaseAt(49)).toEqual(['a', 'b', 'c'])
  expect(told).toMatchObject({ notRenewed: [3], lost: [] })
})

it('reports the messages whose lease ended, once, and renews the others only', async () => {
  const { told, renewAt, releaseAt } = leasing((ids) => ids.filter((id) => id === 'b'))
  for (const seconds of [10, 20, 30, 40]) await renewAt(seconds)
  expect(told).toEqual({ notRenewed: [1, 1], lost: [1], extended: ['abc', 'abc', 'ac', 'ac'] })
  expect(releaseAt(41)).toEqual(['a', 'c'])
})

it('reports a loss when it is released, even if no renewal was tried', () => {
  const { told, releaseAt } = leasing(() => [])
  expect(releaseAt(30)).toEqual([])
  expect(told.lost).toEqual([3])
})

it('treats a queue that rejects as one that renewed nothing', async () => {
  const { told, renewAt, releaseAt } = leasing(async () => Promise.reject(new Error('down')))
  await renewAt(10)
  expect(releaseAt(29)).toEqual(['a', 'b', 'c'])
  expect(told).toMatchObject({ notRenewed: [3], lost: [] })
})

it('ignores a renewal that is answered after its release', async () => {
  const answer = Promise.withResolvers<readonly string[]>()
  const { told, renewAt, releaseAt } = leasing(() => answer.promise)
  const renewing = renewAt(10)
  releaseAt(11)
  answer.resolve(['a', 'b', 'c'])
  await renewing
  expect(told).toMatchObject({ notRenewed: [], lost: [] })
})

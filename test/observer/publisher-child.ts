// A process that has nothing but a publisher whose queue is down: it closes it, or leaves.
import { encodeEvent } from '../../src/event/codec.ts'
import { DEFAULT_PUBLISHER_LIMITS } from '../../src/observer/limits.ts'
import { Publisher } from '../../src/observer/publisher.ts'

process.channel?.unref()
let dropped = 0
const publisher = new Publisher(
  {
    limits: { messageBytes: 1000, batchBytes: 1000, batchEntries: 10 },
    send: async (messages) => messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'down' })),
  },
  { migration: 'movements' },
  DEFAULT_PUBLISHER_LIMITS,
  { published() {}, dropped: (events) => void (dropped += events.length), breaker() {} },
)
publisher.add([1, 2, 3].map((id) => ({ bytes: encodeEvent({ _id: id }), time: undefined })))
if (process.argv[2] === 'close') {
  await publisher.close(300)
  console.log(`closed, ${dropped} dropped`)
} else {
  console.log('left')
}

// A process that has nothing but a publisher whose queue is down: it closes it, or leaves.
import { encodeEvent } from '../../src/event/bson.ts'
import { DEFAULT_PUBLISHER_LIMITS, Publisher } from '../../src/observer/publisher.ts'

process.channel?.unref()
let dropped = 0
const publisher = new Publisher(
  {
    limits: { messageBytes: 1000, batchBytes: 1000, batchEntries: 10 },
    send: async (messages) => messages.map(({ id }) => ({ id, status: 'failed', retryable: true, reason: 'down' })),
  },
  'movements',
  DEFAULT_PUBLISHER_LIMITS,
  { published() {}, dropped: (events) => void (dropped += events) },
)
publisher.add([1, 2, 3].map((id) => encodeEvent({ _id: id })))
if (process.argv[2] === 'close') {
  await publisher.close(300)
  console.log(`closed, ${dropped} dropped`)
} else {
  console.log('left')
}

import { encodeEvent } from '../../src/event/index.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { eventSourceContract, moves } from '../contract/event-source.ts'

eventSourceContract('memory', async (events) => ({
  source: memoryEvents(
    events.map((event) => encodeEvent(event)),
    moves,
  ),
  dispose: async () => {},
}))

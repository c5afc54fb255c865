// A process whose only work is a pause that does not keep it alive.
import { pause } from '../../src/core/abort.ts'

process.channel?.unref()
void pause(3_600_000, undefined, { ref: false })

// A process that has nothing to do but a pause that need not be waited for.
import { pause } from '../../src/core/abort.ts'

process.channel?.unref()
void pause(3_600_000, undefined, { ref: false })

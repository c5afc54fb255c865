// The process of the SQS server. It sends its port to the process that forked it, and exits with that process.
import { startFauxqs } from 'fauxqs'

process.once('disconnect', () => process.exit())
if (!process.connected) process.exit()
const { port } = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
process.send?.(port)

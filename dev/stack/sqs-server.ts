// The process of the SQS server. It says its port, and goes when the process that forked it does.
import { startFauxqs } from 'fauxqs'

process.once('disconnect', () => process.exit())
if (!process.connected) process.exit()
const { port } = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
process.send?.(port)

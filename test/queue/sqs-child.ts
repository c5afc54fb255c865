import { startFauxqs } from 'fauxqs'

process.on('disconnect', () => process.exit())
const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
process.send?.(server.port)

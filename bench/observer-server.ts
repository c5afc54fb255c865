// The process of a server that speaks just enough of MongoDB's protocol to answer `hello` and to accept inserts, which it
// does not store. It costs almost nothing, so the figures show the host's work. It sends its port, and exits with its parent.
import { createServer, type AddressInfo } from 'node:net'
import { serialize } from 'bson'

const HEADER = 16
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013

process.once('disconnect', () => process.exit())

const server = createServer((socket) => {
  let rest = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= HEADER && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0)
      socket.write(answer(rest.subarray(0, length)))
      rest = rest.subarray(length)
    }
  })
}).listen(0, '127.0.0.1')
server.once('listening', () => process.send?.((server.address() as AddressInfo).port))

const INSERTED = serialize({ n: 1, ok: 1 })

function answer(message: Buffer): Buffer {
  const requestId = message.readInt32LE(4)
  const isQuery = message.readInt32LE(12) === OP_QUERY
  const document = isQuery ? hello() : isCommand(message, 'insert') ? INSERTED : hello()
  // A reply has flags, a cursor, a start and a count before its document; a message has flags and the kind of its section.
  const before = isQuery ? Buffer.from([8, ...Array<number>(15).fill(0), 1, 0, 0, 0]) : Buffer.alloc(5)
  const header = Buffer.alloc(HEADER)
  header.writeInt32LE(HEADER + before.length + document.length, 0)
  header.writeInt32LE(requestId, 8)
  header.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12)
  return Buffer.concat([header, before, document])
}

/** A command is named by the first field of its document. */
function isCommand(message: Buffer, name: string): boolean {
  const at = HEADER + 4 + 1 + 4 + 1
  return message.toString('latin1', at, at + name.length + 1) === `${name}\0`
}

/** Answers as the primary of a replica set, so that the driver sends retryable writes as it does in production. */
function hello(): Uint8Array {
  const { port } = server.address() as AddressInfo
  const me = `127.0.0.1:${port}`
  return serialize({
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    setName: 'bench',
    hosts: [me],
    primary: me,
    me,
    maxBsonObjectSize: 16 * 2 ** 20,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 25,
    ok: 1,
  })
}

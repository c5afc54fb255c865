import { MongoClient } from 'mongodb'
import { changeStreamTap } from '../../src/observer/change-stream-tap.ts'
import { recorder } from './recorder.ts'

/** A host that forgets to stop its tap: it says what it does, and ends when nothing keeps it. */
const [url = '', database = '', close = ''] = process.argv.slice(2)
const client = new MongoClient(url, { serverSelectionTimeoutMS: 500 })
const tap = changeStreamTap(client, { database, collection: 'events' }, { migration: 'movements' })
process.on('unhandledRejection', (thrown) => console.log('unhandled', thrown))
tap.start(recorder())
if (close !== 'unreachable') {
  await tap.live
  console.log('live')
  if (close === 'closes') await client.close()
}

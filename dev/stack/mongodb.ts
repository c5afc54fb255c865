import { MongoClient, MongoServerError } from 'mongodb'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { GIVEN_MS, notAnAddress, silent } from './given.ts'
import { findMongod, runMongod } from './mongod.ts'
import { runSecantus } from './secantus.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'

const REMEDY =
  'Install MongoDB Community Server, or run `docker compose -f dev/stack/compose.yaml up -d --wait mongodb` and set ' +
  'MONGODB_URL=mongodb://127.0.0.1:27017/?directConnection=true.'

export async function findMongodb(context: Context): Promise<Running<string>> {
  const url = context.machine.env.MONGODB_URL
  if (url) {
    await mustAnswer(url)
    return given(url, 'MONGODB_URL', redactUrl(url))
  }
  const mongod = await findMongod(context)
  const running = mongod === undefined ? await runSecantus(context, REMEDY) : await runMongod(mongod, context, REMEDY)
  if (running !== undefined) return running
  throw new ChangeoverError(
    'CONFIG',
    'MongoDB was not found: install mongod, or Python 3 to run a stand-in, or set MONGODB_URL.',
    { remedy: REMEDY },
  )
}

/** Uses the driver instead of a bare connection, because an address may name several hosts or only a DNS record. */
async function mustAnswer(url: string): Promise<void> {
  const client = open(url)
  try {
    await client.connect()
  } catch (thrown) {
    if (!(thrown instanceof MongoServerError)) throw silent('MONGODB_URL', url, thrown)
    throw new ChangeoverError('DENIED', `MONGODB_URL is ${redactUrl(url)}, which refuses the login.`, {
      remedy: 'Correct the user and the password in MONGODB_URL.',
      cause: thrown,
    })
  } finally {
    await client.close()
  }
}

function open(url: string): MongoClient {
  try {
    return new MongoClient(url, { serverSelectionTimeoutMS: GIVEN_MS, connectTimeoutMS: GIVEN_MS })
  } catch {
    throw notAnAddress('MONGODB_URL')
  }
}

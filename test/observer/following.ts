import type { Collection, Document, MongoClient } from 'mongodb'
import { onTestFinished } from 'vitest'
import { until } from '../../src/core/abort.ts'
import type { Logger } from '../../src/core/logger.ts'
import {
  changeStreamTap,
  type ChangeStreamTap,
  type ChangeStreamTapOptions,
} from '../../src/observer/change-stream-tap.ts'
import { freshName } from '../support/fresh.ts'
import { recorder, type Recorder } from './recorder.ts'

export const POSITIONS = 'changeover_position'

/** A database of one's own on any server, and taps on its `events`. */
export interface Following {
  readonly client: MongoClient
  readonly events: Collection
  readonly positions: Collection
  /** The stored position, as it is stored. */
  readonly position: () => Promise<Document | null>
  /** Starts a tap and waits until it sees what is inserted. */
  readonly follow: (options?: Partial<ChangeStreamTapOptions>, through?: MongoClient) => Promise<Followed>
}

export interface Followed extends Recorder {
  readonly tap: ChangeStreamTap
  readonly warnings: string[]
}

export function following(client: MongoClient): Following {
  const db = client.db(freshName())
  onTestFinished(async () => void (await db.dropDatabase()))
  const positions = db.collection(POSITIONS)
  return {
    client,
    events: db.collection('events'),
    positions,
    position: () => positions.findOne(),
    async follow(options = {}, through = client) {
      const warnings: string[] = []
      const said = (message: string): void => void warnings.push(message)
      const logger: Logger = { debug() {}, info: said, warn: said, error: said }
      const namespace = { database: db.databaseName, collection: 'events' }
      const quick = { migration: 'movements', saveMs: 20, idleSaveMs: 50, logger }
      const tap = changeStreamTap(through, namespace, { ...quick, ...options })
      onTestFinished(() => tap.stop())
      const capture = recorder()
      tap.start(capture)
      await tap.live
      return Object.assign(capture, { tap, warnings })
    },
  }
}

/** Waits until something holds; fails with its name. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, ms = 20_000) {
  const deadline = AbortSignal.timeout(ms)
  try {
    await until(condition, { signal: deadline, everyMs: 10 })
  } catch (thrown) {
    throw new Error(`never: ${what}`, { cause: thrown })
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ChangeStream, Document, MongoClient, Timestamp } from 'mongodb'
import {
  pause,
  codeOf,
  messageOf,
  type Logger,
  backoffMs,
  type RetryPolicy,
  Throttle,
  waitAtMost,
  answerWithin,
} from '../core/index.ts'
import { AWAIT_MS, cursorOf, FragmentJoiner, openChangeStream, secondOf } from './change-stream.ts'
import { remembers, serverTime, timeOfToken } from './change-stream.ts'
import type { Change, StreamStart } from './change-stream.ts'
import { PositionSaver } from './position-saver.ts'
import { SettledPrefix } from './settled-prefix.ts'
import { storedDocument } from './stored-document.ts'
import type { PositionStore, StreamPosition } from './stream-position.ts'
import { isKnownStandalone, streamError, streamErrorKind, unsupported, type StreamErrorKind } from './stream-errors.ts'
import type { Capture, Namespace, Tap } from './tap.ts'

/** How a stream is read, in milliseconds; each is an option of the tap. */
export interface ReaderPace {
  readonly saveMs: number
  readonly idleSaveMs: number
  readonly silenceMs: number
}

const RETRY: RetryPolicy = Object.freeze({ tries: Number.POSITIVE_INFINITY, baseMs: 100, capMs: 15_000 })

/** How long stopping waits for the server, in milliseconds: for the stream, and as long again for the position. */
const STOP_MS = 2000

/** How long documents are handled before the host's own work has its turn, in milliseconds. */
const SLICE_MS = 5

/** How often an outage is told of, in milliseconds. */
const TELL_MS = 60_000

/**
 * Follows one change stream for as long as it is not stopped. There is one loop: open, read until something happens, decide
 * where to go on, wait a little, open again.
 */
export class StreamReader implements Tap {
  readonly #client: MongoClient
  readonly #namespace: Namespace
  readonly #pace: ReaderPace
  readonly #store: PositionStore
  readonly #logger: Logger
  readonly #saver: PositionSaver<StreamPosition>
  readonly #prefix: SettledPrefix<StreamPosition>
  readonly #live = Promise.withResolvers<void>()
  readonly #stopped = new AbortController()
  readonly #throttle = new Throttle(TELL_MS)
  #running: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #startedAt = new Date()
  /** How far the stream was read. What of it is settled is for the prefix to know. */
  #read: StreamPosition = { token: undefined, clusterTime: undefined, at: undefined }
  /** Where a lost stream was last begun again. */
  #restartedAt: Timestamp | undefined
  #canSplit = true
  #isRenamed = false
  #failures = 0
  /** Whether the outage that is going on was logged. */
  #isTold = false
  #reported: StreamErrorKind | undefined

  constructor(client: MongoClient, namespace: Namespace, pace: ReaderPace, store: PositionStore, logger: Logger) {
    this.#client = client
    this.#namespace = namespace
    this.#pace = pace
    this.#store = store
    this.#logger = logger
    this.#saver = new PositionSaver(
      // Beyond the stop: what is on its way then is still to be settled.
      (position) => answerWithin(pace.silenceMs, store.save(position), new AbortController().signal),
      (thrown) => this.#tell('the position of the change stream could not be stored', thrown),
    )
    this.#prefix = new SettledPrefix((position) => this.#saver.offer(position, pace.saveMs))
  }

  get live(): Promise<void> {
    return this.#live.promise
  }

  start(capture: Capture): void {
    if (isKnownStandalone(this.#client)) throw unsupported()
    this.#startedAt = new Date()
    this.#running = this.#run(capture).catch((thrown: unknown) => capture.fail(thrown))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async save(): Promise<void> {
    await waitAtMost(STOP_MS, this.#saver.save())
  }

  async #stop(): Promise<void> {
    this.#stopped.abort()
    await waitAtMost(STOP_MS, this.#running)
    await waitAtMost(STOP_MS, this.#saver.close())
    this.#live.resolve()
  }

  async #run(capture: Capture): Promise<void> {
    const { signal } = this.#stopped
    let start: StreamStart | undefined
    while (!signal.aborted) {
      try {
        start ??= await this.#begin(capture)
        await this.#follow(start, capture)
        start = this.#here()
        await pause(RETRY.baseMs, signal, { ref: false })
      } catch (thrown) {
        if (signal.aborted) return
        start = await this.#recover(thrown, start, capture)
      }
    }
  }

  /** Where the stored position says; without one, from now on, which is stored before anything else happens. */
  async #begin(capture: Capture): Promise<StreamStart> {
    const stored = await this.#ask(this.#store.load())
    if (stored !== undefined) {
      this.#read = stored
      // A time, unlike a token, may be too old without the server saying so.
      if (stored.token === undefined) await this.#restart('lost', capture)
      return this.#here()
    }
    const now = await this.#now()
    this.#read = await this.#ask(this.#store.begin({ token: undefined, clusterTime: now, at: undefined }))
    capture.missedBetween(this.#startedAt, secondOf(now, 1), 'token-lost')
    return this.#here()
  }

  /** After what was read last. */
  #here(): StreamStart {
    const { token, clusterTime } = this.#read
    if (token === undefined && clusterTime !== undefined) return { by: 'time', clusterTime }
    // A position that holds neither, which none of ours does: what the server says of it is what leads on.
    return { by: 'token', token: token ?? {} }
  }

  /** Reads until the stream is over; rejects when it breaks, or is to be stopped. */
  async #follow(start: StreamStart, capture: Capture): Promise<void> {
    const { signal } = this.#stopped
    const fragments = new FragmentJoiner()
    const stream = openChangeStream(this.#client, this.#namespace, start, this.#canSplit)
    const cursor = cursorOf(stream)
    try {
      let turn = performance.now()
      for (;;) {
        if (capture.isFull) await capture.whenRoom(signal)
        signal.throwIfAborted()
        const change = await this.#ask(stream.tryNext())
        if (cursorOf(stream) !== cursor) throw new Error('the cursor was lost')
        this.#works()
        const whole = change && fragments.join(change)
        if (whole) this.#handle(whole, capture)
        if (whole?.operationType === 'invalidate') return
        if (change === null && stream.closed) throw new Error('the server has ended the stream')
        if (change === null && !fragments.isPartial) this.#idle(stream)
        if (performance.now() - turn < SLICE_MS) continue
        await nextTurn()
        turn = performance.now()
      }
    } finally {
      const closing = stream.close().catch(() => {})
      if (signal.aborted) await waitAtMost(STOP_MS, closing)
    }
  }

  #handle(change: Change, capture: Capture): void {
    const { token, clusterTime, at } = { ...this.#read, token: change._id }
    const position = { token, clusterTime: change.clusterTime ?? clusterTime, at }
    if (change.operationType === 'insert') return this.#insert(change, position, capture)
    if (change.operationType === 'rename') this.#isRenamed = true
    if (change.operationType === 'invalidate') {
      // What came into the collection by a rename was never inserted into it.
      capture.missedBetween(this.#isRenamed ? undefined : at, secondOf(position.clusterTime, 1), 'token-lost')
      this.#isRenamed = false
    }
    this.#read = position
    this.#prefix.pass(position)
  }

  #insert(change: Change, before: StreamPosition, capture: Capture): void {
    try {
      const bytes = change.document?.[0]
      const captured = bytes ? capture.take(storedDocument(bytes)) : undefined
      this.#read = captured?.time ? { ...before, at: captured.time } : before
      if (captured) capture.commit([captured], this.#prefix.add(this.#read))
      else this.#prefix.pass(this.#read)
    } catch (thrown) {
      // The same would happen the next time, for ever.
      capture.fail(thrown)
      capture.missedBetween(before.at, secondOf(before.clusterTime, 1), 'token-lost')
      this.#read = before
      this.#prefix.pass(before)
    }
  }

  /** Nothing came, but the stream has moved on past changes of others. */
  #idle(stream: ChangeStream<Document, Change & Document>): void {
    const token = stream.resumeToken as Document | null | undefined
    if (!token || token['_data'] === this.#read.token?.['_data']) return
    const time = timeOfToken(token)
    const { clusterTime, at } = this.#read
    const isLater = time !== undefined && (clusterTime === undefined || time.gt(clusterTime))
    // A time that is too early repeats some events; one that is too late would lose them.
    this.#read = { token, clusterTime: isLater ? time : clusterTime, at }
    if (this.#prefix.isEmpty) this.#saver.offer(this.#read, this.#pace.idleSaveMs)
    else this.#prefix.pass(this.#read)
  }

  /** Where to go on after an error; undefined when there was no place yet. Never rejects. */
  async #recover(thrown: unknown, start: StreamStart | undefined, capture: Capture): Promise<StreamStart | undefined> {
    const kind = streamErrorKind(thrown, start)
    if (kind === 'no-split' && this.#canSplit) {
      this.#canSplit = false
      return start && this.#here()
    }
    this.#failures++
    if (this.#tell('the change stream is interrupted', thrown)) this.#isTold = true
    this.#report(kind, thrown, capture)
    await pause(backoffMs(this.#failures, RETRY, Math.random()), this.#stopped.signal, { ref: false })
    if (start === undefined || this.#stopped.signal.aborted) return undefined
    try {
      if (kind === 'lost' || kind === 'too-large') await this.#restart(kind, capture)
    } catch (again) {
      this.#tell('the change stream is interrupted', again)
    }
    return this.#here()
  }

  /**
   * The place is lost. The time of it serves as well, when the server remembers it and has not been asked for it just before;
   * else there is only now, and a window of what was missed. Where it cannot be known, both: the time, and the window.
   */
  async #restart(kind: 'lost' | 'too-large', capture: Capture): Promise<void> {
    const { clusterTime, at } = this.#read
    const isNew = clusterTime !== undefined && !this.#restartedAt?.equals(clusterTime)
    const isThere = kind === 'lost' && isNew ? await this.#ask(remembers(this.#client, clusterTime)) : false
    const now = await this.#now()
    if (isThere !== true) {
      capture.missedBetween(at ?? secondOf(clusterTime), secondOf(now, 1), 'token-lost')
      // That is to be written down before the place it begins at is forgotten.
      this.#saver.postpone()
    }
    const from = isThere === false ? { clusterTime: now, at: undefined } : { clusterTime, at }
    this.#restartedAt = from.clusterTime
    this.#read = { token: undefined, ...from }
  }

  /** Nothing is waited for without end, nor beyond the stop. */
  #ask<T>(work: Promise<T>): Promise<T> {
    return answerWithin(AWAIT_MS + this.#pace.silenceMs, work, this.#stopped.signal)
  }

  async #now(): Promise<Timestamp> {
    const now = await this.#ask(serverTime(this.#client, this.#namespace))
    if (now === undefined) throw unsupported()
    return now
  }

  #works(): void {
    this.#live.resolve()
    if (this.#failures === 0) return
    this.#failures = 0
    this.#reported = undefined
    if (this.#isTold) this.#logger.info('the change stream goes on')
    this.#isTold = false
  }

  /** Reports what somebody has to mend, once each time that it begins. */
  #report(kind: StreamErrorKind, thrown: unknown, capture: Capture): void {
    if (kind === this.#reported || (kind !== 'unsupported' && kind !== 'denied')) return
    this.#reported = kind
    capture.fail(streamError(this.#namespace, thrown))
  }

  /** Logs it, unless the same was logged a moment ago. */
  #tell(what: string, thrown: unknown): boolean {
    if (this.#stopped.signal.aborted || !this.#throttle.allows(what)) return false
    this.#logger.warn(what, { error: messageOf(thrown), code: codeOf(thrown) })
    return true
  }
}

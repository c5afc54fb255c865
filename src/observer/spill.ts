import { mkdir, open, readdir, rename, truncate, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../core/index.ts'
import { SILENT_INTERVALS } from '../coverage/index.ts'
import type { Sender } from '../event/index.ts'
import type { Overflow, Spilled } from './overflow.ts'
import { encodeRecord, readRecords, touchedAt } from './spill-file.ts'
import type { Captured } from './tap.ts'
import { TimeRange } from './time-range.ts'

/** Keeps what the buffer has no room for in files. */
export interface SpillOptions {
  /** Where; it may be shared by any number of observers. Made when it is not there. */
  readonly directory: string
  /**
   * The most that the file of one observer may grow to.
   *
   * @defaultValue 268435456
   */
  readonly maxBytes?: number
}

export const DEFAULT_SPILL_BYTES: number = 256 * 2 ** 20

/** How much may wait in memory for a slow disk, in bytes. */
const MAX_UNWRITTEN_BYTES = 8 * 2 ** 20

/** What a spill tells. */
export interface SpillEvents {
  /** Files of others were found; `read` has something to give. */
  more(): void
  /** Events that were added and cannot be read again. */
  lost(range: TimeRange, detail: string): void
  trouble(thrown: unknown): void
}

interface File {
  readonly path: string
  /** Whose definition captured the events; undefined where it is not known. */
  readonly sender: Sender
  /** Where the first record is that has not been sent. */
  head: number
}

/**
 * A bounded file of events, appended to and read from the front, and emptied when all of it has been sent.
 *
 * Each observer has a file that nobody else writes, and touches it while it lives. A file that has not been touched for some
 * intervals is taken over by whoever renames it first, and what it holds is sent. Nothing here waits for the disk in the host's own
 * turn.
 */
export class Spill implements Overflow {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #sender: Sender
  readonly #instance: string
  readonly #everyMs: number
  readonly #events: SpillEvents
  readonly #own: File
  /** Of observers that are gone. */
  readonly #adopted: File[] = []
  /** All work on files, one thing after another. */
  #work: Promise<void>
  #unwritten: Uint8Array[] = []
  #unwrittenBytes = 0
  #size = 0
  #rest = new TimeRange()
  #reading: { readonly file: File; readonly next: number; readonly events: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #adoptions = 0
  #isUsable = true
  #isClosed = false

  constructor(options: SpillOptions, sender: Sender, instance: string, everyMs: number, events: SpillEvents) {
    this.#directory = options.directory
    this.#maxBytes = options.maxBytes ?? DEFAULT_SPILL_BYTES
    this.#sender = sender
    this.#instance = instance
    this.#everyMs = everyMs
    this.#events = events
    this.#own = { path: this.#path(0, sender), sender, head: 0 }
    this.#work = Promise.resolve()
    void this.#do(async () => {
      await mkdir(this.#directory, { recursive: true })
      await (await open(this.#own.path, 'wx')).close()
    })
    this.#tick()
  }

  get hasMore(): boolean {
    return this.#isUsable && (this.#adopted.length > 0 || this.#rest.events > 0)
  }

  /** How many of this observer's events wait in its file. */
  get backlog(): number {
    return this.#rest.events
  }

  pending(range: TimeRange): void {
    if (this.#rest.events > 0) range.merge(this.#rest)
  }

  add(event: Captured): boolean {
    const record = encodeRecord(event)
    const isFull = this.#size + this.#unwrittenBytes + record.length > this.#maxBytes
    if (!this.#isUsable || isFull || this.#unwrittenBytes + record.length > MAX_UNWRITTEN_BYTES) return false
    this.#rest.add(event.time)
    this.#unwritten.push(record)
    this.#unwrittenBytes += record.length
    if (this.#unwritten.length === 1) void this.#do(() => this.#write())
    return true
  }

  async read(maxEvents: number, maxBytes: number): Promise<Spilled> {
    this.#reading = undefined
    let found: Spilled = { events: [], sender: this.#sender }
    await this.#do(async () => {
      while (this.#adopted.length > 0) {
        const file = this.#adopted[0]!
        try {
          const { events, next } = await readRecords(file.path, file.head, maxEvents, maxBytes)
          if (events.length > 0) {
            this.#reading = { file, next, events: 0 }
            found = { events, sender: file.sender }
            return
          }
          // Its end, or what was half written when its observer died.
          await unlink(file.path)
          this.#adopted.shift()
        } catch (thrown) {
          this.#leave(file, thrown)
        }
      }
      if (this.#rest.events === 0) return
      const { events, next } = await readRecords(this.#own.path, this.#own.head, maxEvents, maxBytes)
      if (events.length === 0) return this.#lose('it cannot be read')
      this.#reading = { file: this.#own, next, events: events.length }
      found = { events, sender: this.#sender }
    })
    return found
  }

  async sent(): Promise<void> {
    const read = this.#reading
    if (!read) return
    this.#reading = undefined
    read.file.head = read.next
    if (read.file !== this.#own) return
    this.#rest.events -= read.events
    if (this.#rest.events > 0) return
    await this.#do(async () => {
      if (this.#rest.events > 0 || this.#unwritten.length > 0) return
      this.#rest = new TimeRange()
      await truncate(this.#own.path, 0)
      this.#own.head = 0
      this.#size = 0
    })
  }

  /** Writes what waits in memory, and leaves what is not sent to the next observer. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#do(async () => {
      if (this.#rest.events === 0) await unlink(this.#own.path)
    })
  }

  #path(number: number, { migration, definition = '', capture = '' }: Sender): string {
    return join(this.#directory, [migration, this.#instance, number, definition, capture, 'spill'].join('.'))
  }

  async #write(): Promise<void> {
    const records = this.#unwritten
    this.#unwritten = []
    const run = Buffer.concat(records)
    try {
      // Not made anew: were it gone, somebody has taken it for a dead one's.
      const file = await open(this.#own.path, 'r+')
      try {
        await file.write(run, 0, run.length, this.#size)
      } finally {
        await file.close()
      }
      this.#size += run.length
    } finally {
      this.#unwrittenBytes -= run.length
    }
  }

  #tick(): void {
    const touched = this.#do(async () => {
      await utimes(this.#own.path, new Date(), new Date())
      for (const file of this.#adopted.slice()) {
        await utimes(file.path, new Date(), new Date()).catch((thrown: unknown) => this.#leave(file, thrown))
      }
      await this.#adopt()
    })
    void touched.then(() => {
      if (this.#isClosed) return
      if (this.#adopted.length > 0) this.#events.more()
      this.#timer = setTimeout(() => this.#tick(), this.#everyMs).unref()
    })
  }

  async #adopt(): Promise<void> {
    const now = await touchedAt(this.#own.path)
    if (now === undefined) return
    for (const name of await readdir(this.#directory)) {
      const [migration, instance, , definition, capture, suffix] = name.split('.')
      if (migration !== this.#sender.migration || suffix !== 'spill' || instance === this.#instance) continue
      const path = join(this.#directory, name)
      const touched = await touchedAt(path)
      if (touched === undefined || now - touched < SILENT_INTERVALS * this.#everyMs) continue
      const sender: Sender = { migration, ...(definition ? { definition } : {}), ...(capture ? { capture } : {}) }
      const mine = this.#path(++this.#adoptions, sender)
      try {
        await rename(path, mine)
        this.#adopted.push({ path: mine, sender, head: 0 })
      } catch (thrown) {
        // Another was quicker.
        if (codeOf(thrown) !== 'ENOENT') throw thrown
      }
    }
  }

  /** Another has taken it over in turn, or it cannot be read. A window of its observer's speaks for what it holds. */
  #leave(file: File, thrown: unknown): void {
    const at = this.#adopted.indexOf(file)
    if (at >= 0) this.#adopted.splice(at, 1)
    if (codeOf(thrown) !== 'ENOENT') this.#events.trouble(thrown)
  }

  /** Work on files that fails tells what it means for the events; it never rejects. */
  #do(work: () => Promise<void> | void): Promise<void> {
    this.#work = this.#work.then(async () => {
      try {
        await work()
      } catch (thrown) {
        this.#events.trouble(thrown)
        this.#isUsable = codeOf(thrown) === 'ENOENT'
        this.#lose('the file is gone, or the disk fails')
        this.#adopted.length = 0
        if (this.#isUsable) await this.#anew()
      }
    })
    return this.#work
  }

  #lose(detail: string): void {
    const lost = this.#rest
    this.#rest = new TimeRange()
    this.#reading = undefined
    this.#size = 0
    this.#own.head = 0
    this.#unwritten = []
    this.#unwrittenBytes = 0
    if (lost.events > 0) this.#events.lost(lost, detail)
  }

  async #anew(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true })
      await (await open(this.#own.path, 'w')).close()
    } catch (thrown) {
      this.#isUsable = false
      this.#events.trouble(thrown)
    }
  }
}

import { sumOf, type Counts } from './counts.ts'
import type { Doing } from './kinds.ts'
import type { Ended, Worker } from './worker.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'

/** What comes after a process that has ended by itself: the next one, the same once more, or none. */
export type Next = 'next' | 'again' | 'stop'
/** What the process before has come to. */
export type Before = 'interrupted' | 'done'

/** A place for a process, which has one whenever the campaign runs: a new one when the last was killed, or has ended. */
export class Slot {
  readonly name: string
  /** Whether its last process has ended, and no other takes its place. */
  isStopped = false
  /** Between its processes and the database. */
  readonly warehouse: TcpProxy
  /** Between its processes and the queue, if they use one. */
  readonly queue: TcpProxy | undefined
  readonly #start: (before: Before) => Worker
  readonly #onEnd: (ended: Ended) => Promise<Next>
  readonly #counts: Counts[] = []
  #finished = 0
  #worker: Worker

  constructor(
    name: string,
    proxies: { readonly warehouse: TcpProxy; readonly queue?: TcpProxy },
    /** Starts a process. */
    start: (before: Before) => Worker,
    /** Decides what comes after a process that has ended by itself. */
    onEnd: (ended: Ended) => Promise<Next>,
  ) {
    this.name = name
    this.warehouse = proxies.warehouse
    this.queue = proxies.queue
    this.#start = start
    this.#onEnd = onEnd
    this.#worker = this.#next('done')
  }

  /** What its process does. */
  get doing(): Doing {
    return this.#worker.doing
  }

  /** How many batches its processes have finished. */
  get finished(): number {
    return this.#finished + this.#worker.finished
  }

  /** The counts of all its processes, as far as they could tell them. */
  get counts(): Counts {
    return sumOf([...this.#counts, this.#worker.counts])
  }

  /** A condition that holds once its present process has begun to do something this often from now on, or a later one has. */
  hasBegun(what: Doing, nth: number): () => boolean {
    let [worker, before] = [this.#worker, this.#worker.begun(what)]
    return () => {
      if (worker !== this.#worker) [worker, before] = [this.#worker, 0]
      return worker.begun(what) >= before + nth
    }
  }

  /** Kills its process, and starts the next. Resolves to what was interrupted. */
  async kill(): Promise<Doing> {
    const killed = this.#worker
    const doing = await killed.kill()
    // It had ended in the same moment: the next one is on its way.
    if (doing === undefined) return 'nothing'
    this.#retire(killed)
    this.#worker = this.#next('interrupted')
    return doing
  }

  /** Asks its process to end. */
  stop(): void {
    this.#worker.stop()
  }

  /** Kills its process, and starts no other. */
  async end(): Promise<void> {
    this.isStopped = true
    await this.#worker.kill()
  }

  #next(before: Before): Worker {
    const worker = this.#start(before)
    void worker.ended.then(async (ended) => {
      const next = await this.#onEnd(ended)
      if (next === 'stop') this.isStopped = true
      if (this.isStopped) return
      this.#retire(worker)
      this.#worker = this.#next(next === 'again' ? before : 'done')
    })
    return worker
  }

  #retire(worker: Worker): void {
    this.#finished += worker.finished
    this.#counts.push(worker.counts)
  }
}

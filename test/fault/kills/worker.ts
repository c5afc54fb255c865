import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Said } from './child.ts'
import type { Counts } from './counts.ts'
import type { Doing } from './kinds.ts'

/** How a process ended that was not killed. */
export interface Ended {
  readonly result: Extract<Said, { kind: 'result' }> | undefined
  /** What was wrong; undefined when it ended as it should. */
  readonly error: string | undefined
  /** Whether it found no database when it started, which is an error at once: it is to be started again. */
  readonly isOutageAtStart: boolean
}

/** A child process: what it does, how often, and its end. */
export class Worker {
  /** What it did last, as far as it could say. */
  doing: Doing = 'nothing'
  /** How many batches it has finished. */
  finished = 0
  /** Its latest counts. */
  counts: Counts = {}
  /** When it has ended by itself. Never settles when it was killed. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #begun = new Map<Doing, number>()
  readonly #gone: Promise<unknown>
  #result: Ended['result']
  #failure: Extract<Said, { kind: 'failed' }> | undefined
  #isKilled = false

  constructor(script: 'sink-child.ts' | 'migrate-child.ts', settings: object) {
    this.#child = fork(new URL(script, import.meta.url), [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let tail = ''
    this.#child.stderr!.on('data', (bytes: Buffer) => void (tail = `${tail}${bytes.toString()}`.slice(-2000)))
    this.#child.on('message', (said: Said) => this.#hear(said))
    // All that it has said has been heard only then.
    this.#gone = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')])
    this.ended = this.#gone.then(() => {
      const { exitCode, signalCode } = this.#child
      if (this.#isKilled && signalCode === 'SIGKILL') return new Promise<never>(() => {})
      const crash = exitCode === 0 ? undefined : `it ended with ${signalCode ?? exitCode}: ${tail.trim()}`
      const { error = crash, isOutageAtStart = false } = this.#failure ?? {}
      return { result: this.#result, error, isOutageAtStart }
    })
  }

  /** How often it has begun to do this. */
  begun(what: Doing): number {
    return this.#begun.get(what) ?? 0
  }

  /** Kills it (SIGKILL). Resolves to what it was doing; to undefined when it had ended by itself. */
  async kill(): Promise<Doing | undefined> {
    this.#isKilled = true
    this.#child.kill('SIGKILL')
    await this.#gone
    return this.#child.signalCode === 'SIGKILL' ? this.doing : undefined
  }

  /** Asks it to end by itself. */
  stop(): void {
    this.#child.send('stop', () => {})
  }

  #hear(said: Said): void {
    if (said.kind === 'begins') {
      this.doing = said.what
      this.#begun.set(said.what, this.begun(said.what) + 1)
    } else if (said.kind === 'ends') {
      this.doing = 'nothing'
      if (said.what === 'writing receipts') this.finished++
    } else if (said.kind === 'counts') this.counts = said.counts
    else if (said.kind === 'failed') this.#failure = said
    else {
      this.#result = said
      this.counts = said.counts
    }
  }
}

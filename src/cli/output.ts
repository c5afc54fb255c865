import { messageOf } from '../core/index.ts'

/** A stream that is written to, as far as it is used. */
export interface OutputStream {
  write(text: string, done?: (failure?: Error | null) => void): unknown
  on(event: 'error', listener: (failure: Error) => void): unknown
}

/** Standard output. It remembers a failure, such as a full disk or a reader that is gone, instead of ending the process. */
export class Output {
  readonly #stream: OutputStream
  #failure: Error | undefined

  constructor(stream: OutputStream) {
    this.#stream = stream
    stream.on('error', (failure) => {
      this.#failure ??= failure
    })
  }

  write(text: string): void {
    this.#stream.write(text)
  }

  /** Waits until everything has been written. Gives what went wrong, undefined when nothing did. */
  async flush(): Promise<string | undefined> {
    await new Promise<void>((resolve) => {
      this.#stream.on('error', () => resolve())
      this.#stream.write('', () => resolve())
    })
    return this.#failure === undefined ? undefined : messageOf(this.#failure)
  }
}

/**
 * What has been read from a stream and is on its way, in the order of reading. Its position is that of the last one of which it
 * and all before it are settled: the only place that a reader may come back to without losing any.
 */
export class SettledPrefix<Position> {
  readonly #onMove: (position: Position) => void
  #head: Entry<Position> | undefined
  #tail: Entry<Position> | undefined

  /** @param onMove is told whenever the prefix has grown; called synchronously, out of whoever settled */
  constructor(onMove: (position: Position) => void) {
    this.#onMove = onMove
  }

  /** Whether nothing is on its way. */
  get isEmpty(): boolean {
    return this.#head === undefined
  }

  /** Something was read at this position and is on its way; the returned function settles it. */
  add(position: Position): () => void {
    const entry: Entry<Position> = { position, isSettled: false, next: undefined }
    this.#append(entry)
    return () => {
      if (entry.isSettled) return
      entry.isSettled = true
      if (entry === this.#head) this.#advance()
    }
  }

  /** The stream was read up to here, and there was nothing to be settled. */
  pass(position: Position): void {
    if (this.#tail === undefined) return this.#onMove(position)
    // However long the one at the head takes, these do not pile up.
    if (this.#tail.isSettled) this.#tail.position = position
    else this.#append({ position, isSettled: true, next: undefined })
  }

  #append(entry: Entry<Position>): void {
    if (this.#tail === undefined) this.#head = entry
    else this.#tail.next = entry
    this.#tail = entry
  }

  #advance(): void {
    let last: Entry<Position> | undefined
    while (this.#head?.isSettled) {
      last = this.#head
      this.#head = last.next
    }
    if (this.#head === undefined) this.#tail = undefined
    if (last !== undefined) this.#onMove(last.position)
  }
}

interface Entry<Position> {
  position: Position
  isSettled: boolean
  next: Entry<Position> | undefined
}

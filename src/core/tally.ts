/** Counts by name that are added up from parts. */
export class Tally<Name extends string> {
  readonly counts: Record<Name, number>

  constructor(names: readonly Name[]) {
    this.counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
  }

  /** Adds the counts of a part; a name that the part does not have counts as 0. */
  add(part: { readonly [N in Name]?: number }): void {
    for (const name of Object.keys(this.counts) as Name[]) this.counts[name] += part[name] ?? 0
  }
}

/** The first few distinct texts of many: examples for a log or a report. */
export class Examples {
  readonly #texts = new Set<string>()
  readonly #limit: number

  /** @param limit how many are kept */
  constructor(limit = 5) {
    this.#limit = limit
  }

  add(texts: Iterable<string>): void {
    for (const text of texts) {
      if (this.#texts.size >= this.#limit) return
      this.#texts.add(text)
    }
  }

  get list(): string[] {
    return [...this.#texts]
  }
}

/** What was written of some items, and which of them cannot be. */
export interface Isolated<Item> {
  /** The sum of what `write` returned for what it wrote. */
  readonly written: number
  /** The items that are to blame, each with the reason, in their order. */
  readonly refused: readonly { readonly item: Item; readonly reason: string }[]
}

/** Whether an item can be to blame for an error: by the error alone, if it fails again while others pass, or never. */
export type Blame = 'certain' | 'possible' | 'none'

/** How items are written. */
export interface Isolation<Item> {
  /** Writes items together. Must be safe to repeat: what it wrote before it threw is written again. */
  readonly write: (items: readonly Item[]) => Promise<number>
  readonly blameOf: (thrown: unknown) => Blame
  /** Rejects unless the server is there. Cheap, and no proof. */
  readonly check: (items: readonly Item[]) => Promise<void>
  /** Rejects unless other items are taken where this one goes. */
  readonly control: (item: Item) => Promise<void>
  readonly reasonOf: (thrown: unknown) => string
}

/** An item that failed alone, and how. */
interface Failed<Item> {
  readonly item: Item
  readonly thrown: unknown
}

/**
 * Writes items together. When that fails and items may be to blame, halves them until those items are alone, and writes the
 * others. An error that proves nothing by itself is held against an item only if the item, alone, fails again between two controls
 * that pass: an outage fails the controls too, and no outage comes and goes in that order. Otherwise the error is thrown.
 */
export async function isolate<Item>(items: readonly Item[], isolation: Isolation<Item>): Promise<Isolated<Item>> {
  const failed: Failed<Item>[] = []
  let written = await writeOthers(items, isolation, failed)
  const refused: { readonly item: Item; readonly reason: string }[] = []
  // Only now: the others are the control.
  for (const { item, thrown: first } of failed) {
    const result = await tryAgain(item, first, isolation)
    if (result.kind === 'written') written += result.count
    else refused.push({ item, reason: isolation.reasonOf(result.thrown) })
  }
  return { written, refused }
}

/** Writes all items that can be written, and lists those that failed alone. */
async function writeOthers<Item>(
  items: readonly Item[],
  isolation: Isolation<Item>,
  failed: Failed<Item>[],
): Promise<number> {
  const { write, blameOf, check } = isolation
  try {
    return await write(items)
  } catch (thrown) {
    const blame = blameOf(thrown)
    const [item] = items
    if (item === undefined || blame === 'none') throw thrown
    if (blame === 'possible' && !(await passes(check(items)))) throw thrown
    if (items.length === 1) {
      failed.push({ item, thrown })
      return 0
    }
    const middle = Math.ceil(items.length / 2)
    const first = await writeOthers(items.slice(0, middle), isolation, failed)
    return first + (await writeOthers(items.slice(middle), isolation, failed))
  }
}

type Retried =
  | { readonly kind: 'written'; readonly count: number }
  | { readonly kind: 'refused'; readonly thrown: unknown }

async function tryAgain<Item>(item: Item, first: unknown, isolation: Isolation<Item>): Promise<Retried> {
  const { write, blameOf, control } = isolation
  if (blameOf(first) === 'certain') return { kind: 'refused', thrown: first }
  if (!(await passes(control(item)))) throw first
  try {
    return { kind: 'written', count: await write([item]) }
  } catch (thrown) {
    const blame = blameOf(thrown)
    if (blame === 'none' || (blame === 'possible' && !(await passes(control(item))))) throw thrown
    return { kind: 'refused', thrown }
  }
}

function passes(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}

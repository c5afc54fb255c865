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
  /** Rejects while no item could be written where these are: then the server is to blame. */
  readonly control: (items: readonly Item[]) => Promise<void>
  readonly reasonOf: (thrown: unknown) => string
}

/**
 * Writes items together. When that fails and items may be to blame, halves them until those items are alone, and writes the
 * others. An error that proves nothing by itself is held against an item only if the item, alone, fails twice and the control
 * passes each time: an outage fails the control too, and no outage is over and back in that order. Otherwise it is thrown.
 */
export async function isolate<Item>(items: readonly Item[], isolation: Isolation<Item>): Promise<Isolated<Item>> {
  const { write } = isolation
  try {
    return { written: await write(items), refused: [] }
  } catch (thrown) {
    const [item] = items
    if (item === undefined || !(await mayBlame(thrown, items, isolation))) throw thrown
    if (items.length === 1) return tryAgain(item, thrown, isolation)
    const middle = Math.ceil(items.length / 2)
    const first = await isolate(items.slice(0, middle), isolation)
    const second = await isolate(items.slice(middle), isolation)
    return { written: first.written + second.written, refused: [...first.refused, ...second.refused] }
  }
}

async function tryAgain<Item>(item: Item, first: unknown, isolation: Isolation<Item>): Promise<Isolated<Item>> {
  const { write, blameOf, reasonOf } = isolation
  if (blameOf(first) === 'certain') return { written: 0, refused: [{ item, reason: reasonOf(first) }] }
  try {
    return { written: await write([item]), refused: [] }
  } catch (thrown) {
    if (!(await mayBlame(thrown, [item], isolation))) throw thrown
    return { written: 0, refused: [{ item, reason: reasonOf(thrown) }] }
  }
}

async function mayBlame<Item>(
  thrown: unknown,
  items: readonly Item[],
  { blameOf, control }: Isolation<Item>,
): Promise<boolean> {
  const blame = blameOf(thrown)
  if (blame !== 'possible') return blame === 'certain'
  return control(items).then(
    () => true,
    () => false,
  )
}

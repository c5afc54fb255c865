/** What was written of some items, and which of them cannot be. */
export interface Isolated<Item> {
  /** The sum of what `write` returned for what it wrote. */
  readonly written: number
  /** The items that are to blame, each with the reason, in their order. */
  readonly refused: readonly { readonly item: Item; readonly reason: string }[]
}

/**
 * Writes items together. When `write` refuses them, halves them until the items to blame are alone, and writes the others.
 * `write` must be safe to repeat: what it wrote before it threw is written again.
 *
 * @param refusal the reason why an item was refused, by what `write` threw; undefined when no item is to blame, which is rethrown
 */
export async function isolate<Item>(
  items: readonly Item[],
  write: (items: readonly Item[]) => Promise<number>,
  refusal: (thrown: unknown) => string | undefined,
): Promise<Isolated<Item>> {
  try {
    return { written: await write(items), refused: [] }
  } catch (thrown) {
    const reason = refusal(thrown)
    const [item] = items
    if (reason === undefined || item === undefined) throw thrown
    if (items.length === 1) return { written: 0, refused: [{ item, reason }] }
    const middle = Math.ceil(items.length / 2)
    const first = await isolate(items.slice(0, middle), write, refusal)
    const second = await isolate(items.slice(middle), write, refusal)
    return { written: first.written + second.written, refused: [...first.refused, ...second.refused] }
  }
}

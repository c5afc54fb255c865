/** Counts by name. Those named `most…` are the greatest that were seen; the others add up. */
export type Counts = Readonly<Record<string, number>>

export function sumOf(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {}
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts))) {
    const before = sum[name] ?? 0
    sum[name] = name.startsWith('most') ? Math.max(before, count) : before + count
  }
  return sum
}

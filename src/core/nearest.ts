/** The name that a misspelt one most likely stands for; undefined when none is near: at most a third of its letters differ. */
export function nearest(misspelt: string, names: readonly string[]): string | undefined {
  const limit = Math.floor(misspelt.length / 3)
  const near = names
    .map((name) => ({ name, edits: editsBetween(misspelt.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit)
  return near.toSorted((a, b) => a.edits - b.edits)[0]?.name
}

/** How many letters must be inserted, removed or replaced to turn one text into another (V. Levenshtein, 1966). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1)!
}

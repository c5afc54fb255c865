/** What each node points at. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** The cycles of a graph: one path through each group of nodes that reach each other, with its first node repeated at the end. */
export function cyclesIn(graph: Graph): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): void => {
    const start = path.indexOf(node)
    if (start >= 0) cycles.push([...path.slice(start), node])
    if (start >= 0 || done.has(node)) return
    path.push(node)
    for (const next of graph.get(node) ?? []) visit(next)
    path.pop()
    done.add(node)
  }
  for (const node of graph.keys()) visit(node)
  return cycles
}

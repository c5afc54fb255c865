/** A number with separators: `12,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A number and what it counts: `1 event`, `12,000 events`. `many` is for plurals that do more than end in an s. */
export function quantity(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

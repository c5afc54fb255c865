/**
 * A value as the warehouse holds it. A data type makes it of a BSON or JS value; merges, SQL parameters and comparisons see
 * nothing else. Instants and decimals are canonical strings, and 64-bit integers are bigints.
 */
export type Cell = string | number | bigint | Uint8Array | null

/** Compares two cells of one column as a binary collation does: negative, zero or positive. */
export type CellOrder = (a: NonNullable<Cell>, b: NonNullable<Cell>) => number

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Compares strings by code point, as UTF-8 bytes and MySQL's binary collations do. JS's own `<` compares UTF-16 units, which
 * puts an emoji before U+FF5E.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

// Surrogates (U+D800–U+DFFF) represent code points above every other unit.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit
}

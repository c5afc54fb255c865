/**
 * A value as the warehouse holds it: what a data type makes of a BSON or a JS value, and the only thing that merges, SQL
 * parameters and comparisons ever see. Instants and decimals are canonical strings, 64-bit integers are bigints.
 */
export type Cell = string | number | bigint | Uint8Array | null

/** Orders two cells of one column as a binary collation does: negative, zero or positive. */
export type CellOrder = (a: NonNullable<Cell>, b: NonNullable<Cell>) => number

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Orders strings by code point, as UTF-8 bytes do and as MySQL's binary collations do. JS's own `<` goes by UTF-16 unit,
 * which puts an emoji before U+FF5E.
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

// Surrogates (U+D800–U+DFFF) stand for code points above every other unit.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit
}

/** Whether two cells hold the same value. */
export function sameCell(a: Cell, b: Cell): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b) === 0
  return a === b
}

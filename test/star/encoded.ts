import { Misfit, type DataType } from '../../src/star/types/data-type.ts'

/** What a type makes of a value: the cell, or the reason why there is none, after a `!`. */
export function encoded(type: DataType, value: unknown): unknown {
  const cell = type.encode(value)
  return cell instanceof Misfit ? `!${cell.reason}` : cell
}

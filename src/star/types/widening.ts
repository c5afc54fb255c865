/** How the type of a column that is present relates to the wanted one. */
export type Fit = 'same' | 'wider' | 'other'

const INTEGERS = ['tinyint', 'int', 'bigint']

/** Whether a column of the type `is` can become `wanted`, both as SQL, without losing any value. */
export function fits(is: string, wanted: string): Fit {
  // The package defines no unsigned columns; one that is present cannot hold negative values.
  if (/unsigned/i.test(is)) return 'other'
  const [from, to] = [parse(is), parse(wanted)]
  if (from.name === to.name && from.sizes.join() === to.sizes.join()) return 'same'
  if (INTEGERS.includes(from.name) && INTEGERS.includes(to.name)) {
    return INTEGERS.indexOf(from.name) < INTEGERS.indexOf(to.name) ? 'wider' : 'other'
  }
  if (from.name === 'varchar' && to.name === 'mediumtext') return 'wider'
  if (from.name !== to.name) return 'other'
  if (from.name === 'decimal') return decimalFits(from.sizes, to.sizes)
  const [length = 0] = from.sizes
  const [wantedLength = 0] = to.sizes
  return (from.name === 'varchar' || from.name === 'varbinary') && length < wantedLength ? 'wider' : 'other'
}

function decimalFits(
  [precision = 0, scale = 0]: readonly number[],
  [wantedPrecision = 0, wantedScale = 0]: readonly number[],
): Fit {
  return wantedScale >= scale && wantedPrecision - wantedScale >= precision - scale ? 'wider' : 'other'
}

function parse(sql: string): { name: string; sizes: number[] } {
  const [, name = '', sizes] = /^([a-z]+)(?:\(([\d,]+)\))?/.exec(sql.toLowerCase()) ?? []
  // Servers add display widths to integers, or leave them off.
  return { name, sizes: INTEGERS.includes(name) || sizes === undefined ? [] : sizes.split(',').map(Number) }
}

const FRACTION_BITS = 52n
const IMPLIED_BIT = 1n << FRACTION_BITS
const BIAS = 1023

/**
 * A double as its binary exponent and its signed 53-bit mantissa: `0 4503599627370496` is 1. No two doubles have the same text.
 * Checksums compare this, because MySQL and MariaDB write the same double in different digits. The SQL twin is `doubleSql`.
 */
export function doubleBits(value: number): string {
  if (value === 0) return '0'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const fraction = bits & (IMPLIED_BIT - 1n)
  const biased = Number((bits >> FRACTION_BITS) & 0x7ffn)
  // A subnormal number has no implied bit; it is shifted until its first bit stands there.
  const shift = biased === 0 ? Number(FRACTION_BITS) + 1 - fraction.toString(2).length : 0
  const mantissa = biased === 0 ? fraction << BigInt(shift) : fraction | IMPLIED_BIT
  return `${Math.max(biased, 1) - BIAS - shift} ${value < 0 ? -mantissa : mantissa}`
}

/**
 * A double as the shortest decimal digits that read back as the same number, with an exponent below 10^-15, and from 10^15 on if no
 * digit follows the point. Stored fingerprints contain it, so it never changes.
 */
export function doubleDigits(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  const plain = digits.replace(/[-.]/g, '')
  if (exponent < -15 || (exponent > 14 && plain.length <= exponent + 1)) return `${digits}e${exponent}`
  const sign = value < 0 ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${plain}`
  const padded = plain.padEnd(exponent + 1, '0')
  const fraction = padded.slice(exponent + 1)
  return sign + padded.slice(0, exponent + 1) + (fraction === '' ? '' : `.${fraction}`)
}

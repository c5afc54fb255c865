import { Decimal128 } from 'bson'

/** A decimal by its value, as the widest of the types that other numbers have too. */
export type DecimalValue =
  | { readonly as: 'integer'; readonly value: bigint }
  | { readonly as: 'double'; readonly value: number }
  /** Neither an integer of 64 bits nor a double. Its one text, whichever of its forms was stored: `0.10` is `0.1`. */
  | { readonly as: 'decimal'; readonly text: string }

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i

/** What a Decimal128 is equal to, by the text that BSON libraries write for it. */
export function decimalValue(text: string): DecimalValue {
  const [, sign = '', whole, fraction = '', power = '0'] = DECIMAL.exec(text) ?? []
  // NaN and the infinities.
  if (whole === undefined) return { as: 'double', value: Number(text) }
  const digits = `${whole}${fraction}`.replace(/0+$/, '')
  const coefficient = BigInt(sign + (digits || '0'))
  if (coefficient === 0n) return { as: 'integer', value: 0n }
  const exponent = Number(power) - fraction.length + (whole.length + fraction.length - digits.length)
  if (exponent >= 0 && exponent < INT64_DIGITS) {
    const value = coefficient * 10n ** BigInt(exponent)
    if (isInt64(value)) return { as: 'integer', value }
  }
  const double = Number(text)
  if (isExactly(double, coefficient, exponent)) return { as: 'double', value: double }
  return { as: 'decimal', text: Decimal128.fromString(`${coefficient}E${exponent}`).toString() }
}

const INT64_DIGITS = 19

export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

/** Whether a double is exactly coefficient × 10^exponent. */
function isExactly(double: number, coefficient: bigint, exponent: number): boolean {
  if (!Number.isFinite(double) || double === 0) return false
  let [whole, halvings] = [double, 0n]
  for (; !Number.isInteger(whole); halvings++) whole *= 2
  const [up, down] = exponent < 0 ? [1n, 10n ** BigInt(-exponent)] : [10n ** BigInt(exponent), 1n]
  return BigInt(whole) * down === coefficient * up * 2n ** halvings
}

/** 2^52, the weight of the implied bit of a mantissa. */
const IMPLIED_BIT = 2 ** 52

/**
 * A double that is not NULL as its binary exponent and its signed 53-bit mantissa: the SQL twin of `doubleBits`. SQL cannot read the
 * bits, but multiplying and dividing by powers of two is exact, so no bit is lost.
 *
 * @param column a quoted name
 */
export function doubleSql(column: string): string {
  const size = `ABS(${column})`
  // Rounding can put a logarithm on the wrong side of an integer, and so out of the range in which POW is finite and not zero.
  const guess = `GREATEST(-1074, LEAST(1023, FLOOR(LOG2(${size}))))`
  const ratio = `${size} / POW(2, ${guess})`
  const exponent = `(${guess} + (${ratio} >= 2) - (${ratio} < 1))`
  const mantissa = `CAST(${column} / POW(2, ${exponent}) * ${IMPLIED_BIT} AS SIGNED)`
  return `IF(${column} = 0, '0', CONCAT(CAST(${exponent} AS SIGNED), ' ', ${mantissa}))`
}

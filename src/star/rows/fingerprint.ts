/**
 * Whether two events wrote different contents under one key of a fact is a question about a *set* of writes, so it can be kept
 * in registers like everything else. Each create leaves a fingerprint of its content (48 bits), preceded by the generation
 * (16 bits), in two columns that merge by `max`: once as it is, once complemented. So one holds the greatest fingerprint
 * of the latest generation, and the other the smallest. All contents of that generation are equal if and only if the two are the same.
 * Different contents pass as equal with a probability of 2^-48; equal contents never pass as different.
 */
export const FINGERPRINT_BITS = 48n
/** The fingerprint without the generation that precedes it. */
export const FINGERPRINT_MASK: bigint = (1n << FINGERPRINT_BITS) - 1n

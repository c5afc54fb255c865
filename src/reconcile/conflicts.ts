import type { Finding } from '../core/index.ts'
import type { Conflicts } from '../warehouse/index.ts'

/**
 * Facts for which events had different contents, as one finding per table with the cause `conflicting-values`. Its evidence is the
 * `table`, the `count` of such facts, and the first of their `keys` as JSON.
 */
export function conflictFindings(conflicts: readonly Conflicts[], when: Date): Finding[] {
  return conflicts.map(({ table, count, keys }) => ({
    cause: 'conflicting-values',
    evidence: { table, count, keys: keys.map((key) => JSON.stringify(key)).join(', ') },
    when,
  }))
}

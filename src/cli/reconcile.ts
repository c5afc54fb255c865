import { ChangeoverError, worstVerdict } from '../core/index.ts'
import { tablesOf, type Report } from '../mapping/index.ts'
import { conflictFindings, reconcile } from '../reconcile/index.ts'
import type { Context } from './context.ts'
import { EXIT } from './lifetime.ts'
import { describeConflict, describeResult } from './reconcile-lines.ts'

export async function reconcileCommand(
  context: Context,
  { report: names }: { readonly report?: readonly string[] },
): Promise<number> {
  const config = await context.config()
  const reports = chooseReports(config.reports, names)
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const mongo = (await context.mongo()).db()
  const results = await reconcile(reports, { mongo, warehouse, signal: context.signal })
  const verdict = worstVerdict(results.map((result) => result.verdict))
  const found =
    verdict === 'failed' ? [] : await warehouse.conflicts(tablesOf(config.migrations), { signal: context.signal })
  const conflicts = conflictFindings(found, new Date())
  context.print({ reports: Object.fromEntries(results.map((result) => [result.name, result])), conflicts }, [
    ...results.flatMap(describeResult),
    ...conflicts.map(describeConflict),
  ])
  return verdict === 'failed' ? EXIT.couldNotRun : verdict === 'differ' ? EXIT.differences : EXIT.fine
}

/** The reports of the config, or those of them that are named. Throws a ChangeoverError `CONFIG`. */
function chooseReports(reports: readonly Report[], names: readonly string[] | undefined): readonly Report[] {
  if (reports.length === 0) {
    throw new ChangeoverError('CONFIG', 'The config has no reports, so there is nothing to compare.', {
      remedy: 'Define one with report(…) and list it under reports.',
    })
  }
  if (!names) return reports
  const known = reports.map(({ name }) => name).join(', ')
  return [...new Set(names)].map((name) => {
    const found = reports.find((report) => report.name === name)
    if (found) return found
    throw new ChangeoverError('CONFIG', `The config has no report named ${name}.`, { remedy: `It has ${known}.` })
  })
}

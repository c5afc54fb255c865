import { styleText } from 'node:util'
import type { MainJobResult } from './main-job.ts'

/** The result of the main job on one screen. */
export function screen(
  result: MainJobResult,
  { input, found }: { readonly input: string; readonly found: readonly string[] },
): string {
  const { events, observer, sinks, migration, receipts, tables, warehouse, seconds, reports } = result
  const verdicts = Object.values(reports).map(({ name, verdict, rows, differing, legacyMs, warehouseMs, error }) => {
    const mark = verdict === 'agree' ? styleText('green', 'agree ') : styleText('red', verdict.padEnd(6))
    const said =
      verdict === 'agree'
        ? `${n(rows.length)} rows, ${legacyMs} ms before, ${warehouseMs} ms after`
        : (error ?? `${n(differing)} rows differ`)
    return `  ${name.padEnd(20)} ${mark}  ${said}`
  })
  const rows = Object.entries(tables).map(
    ([name, { rows: all, visible }]) => `  ${name.padEnd(20)} ${n(visible).padStart(8)} visible of ${n(all)}`,
  )
  return [
    styleText('bold', `changeover: ${input}`),
    ...found.map((line) => styleText('dim', `  ${line}`)),
    '',
    section('events'),
    `  seen                 ${n(events.total).padStart(8)} = ${n(events.history)} history + ${n(events.live)} live`,
    `  published            ${n(observer.published).padStart(8)} in ${n(observer.messages)} messages (the flag was off for ${n(observer.whileOff)})`,
    `  received by sinks    ${sinks.received.map(n).join(' + ').padStart(8)}, shuffled, ${n(sinks.duplicatedMessages)} messages twice (seed ${result.seed})`,
    `  merged               ${n(receipts['applied'] ?? 0).padStart(8)} applied once each: ${n(receipts['live'] ?? 0)} live, ${n(receipts['migrated'] ?? 0)} by migration; ${n(receipts['quarantined'] ?? 0)} in quarantine`,
    `  duplicates absorbed  ${n(sinks.absorbed).padStart(8)}`,
    `  missing              ${n(result.missing).padStart(8)}`,
    '',
    section('throughput'),
    `  migration            ${rate(migration.events, seconds.migrate)}, live ${rate(events.live, seconds.live)} alongside`,
    `  statements           ${n(warehouse.statements).padStart(8)}; ${n(warehouse.lockConflicts)} lock conflicts, ${n(warehouse.retries)} retries`,
    `  total                ${seconds.total.toFixed(1).padStart(8)} s`,
    '',
    section('rows by table'),
    ...rows,
    '',
    section('reports: the old code compared with the warehouse'),
    ...verdicts,
    '',
    section('where to look next'),
    '  examples/history/migration.ts    the star schema and the mapping',
    '  examples/history/reports.ts      the reports, old and new',
    '  README.md, docs/                 how it works, and what happens when it dies',
    '  npm run demo -- --keep           leaves the servers running, with their addresses',
  ].join('\n')
}

function section(title: string): string {
  return styleText('bold', title)
}

function rate(count: number, seconds: number): string {
  return `${n(Math.round(count / Math.max(seconds, 0.001))).padStart(8)} events/s`
}

function n(value: number): string {
  return value.toLocaleString('en-US')
}

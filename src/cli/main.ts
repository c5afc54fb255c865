import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { ChangeoverError, messageOf } from '../core/index.ts'
import { applyCommand, planCommand } from './apply.ts'
import { Context, type CommonOptions } from './context.ts'
import { migrateCommand } from './migrate.ts'
import { reconcileCommand } from './reconcile.ts'
import { sinkCommand } from './sink.ts'

/** What the process ends with. */
const EXIT = Object.freeze({ fine: 0, couldNotRun: 2 })

/** A command's work: gives the exit code. */
export type Task<Options> = (context: Context, options: Options) => Promise<number>

/** Runs the command line. Sets the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const stop = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    // The second one is meant.
    if (stop.signal.aborted) process.exit(EXIT.couldNotRun)
    stop.abort(
      new ChangeoverError('ABORTED', `Stopped by ${name}.`, {
        remedy: 'What was done is kept; run it again to go on.',
      }),
    )
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    await program(stop.signal).parseAsync([...argv])
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? EXIT.fine : EXIT.couldNotRun
    else complain(thrown, argv.includes('--verbose'))
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function program(signal: AbortSignal): Command {
  const root = new Command('changeover')
    .description('Moves the analytics of a live application from MongoDB events to a MySQL star schema, with proof.')
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        const said = text
          .replace(/^error: /, '')
          .trim()
          .replaceAll(/\s+/g, ' ')
        write(`changeover: ${said.replace(/([^.?!)])$/, '$1.')} Say what it can do: changeover --help\n`)
      },
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 differences, 2 could not run.\nConnections: MYSQL_URL, MONGODB_URL, SQS_QUEUE_URL, SQS_ENDPOINT.',
    )

  const add = <Options>(name: string, description: string, task: Task<Options & CommonOptions>): Command =>
    root
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the config', 'changeover.config.ts')
      .option('--json', 'print one JSON object instead of lines')
      .option('--verbose', 'say more, with stack traces')
      .action(async (options: Options & CommonOptions) => {
        await using context = new Context(options, signal)
        process.exitCode = await task(context, options)
      })

  const destructive = [
    '--allow-destructive',
    'also what may lose data: narrower types, columns no longer defined',
  ] as const
  add('plan', 'print, as SQL, what the warehouse lacks: tables, columns, views; change nothing', planCommand).option(
    ...destructive,
  )
  add('apply', 'create what the warehouse lacks', applyCommand).option(...destructive)
  add('migrate', 'replay the history into the warehouse; goes on where it was interrupted', migrateCommand)
    .option('-m, --migration <name>', 'which migration, when the config has several')
    .option('--ranges <n>', 'how many ranges the history is cut into', wholeNumber('--ranges'))
    .option('--parallel <n>', 'how many ranges are read side by side', wholeNumber('--parallel'))
    .option('--fresh', 'begin anew even when the last run was interrupted')
    .option('--heal', 'replay only what the observers wrote down as missed')
  add('sink', 'merge messages from the queue into the warehouse, until told to stop', sinkCommand).option(
    '-m, --migration <name>',
    'which migration, when the config has several',
  )
  add('reconcile', 'compare the old reports with the new ones, row by row', reconcileCommand).option(
    '-r, --report <name...>',
    'only these reports',
  )
  return root
}

function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
    throw new ChangeoverError('CONFIG', `The option ${option} is ${JSON.stringify(text)}.`, {
      remedy: `Give it a whole number from 1 to 999999, for example: ${option} 4`,
    })
  }
}

function complain(thrown: unknown, verbose: boolean): void {
  process.exitCode = EXIT.couldNotRun
  const remedy = thrown instanceof ChangeoverError && thrown.remedy ? ` ${thrown.remedy}` : ''
  process.stderr.write(`changeover: ${messageOf(thrown)}${remedy}\n`)
  if (verbose && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`)
}

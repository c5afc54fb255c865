import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { ChangeoverError, messageAndRemedyOf } from '../core/index.ts'
import { applyCommand, planCommand } from './apply.ts'
import { Context, type CommonOptions } from './context.ts'
import { migrateCommand } from './migrate.ts'
import { reconcileCommand } from './reconcile.ts'
import { sinkCommand } from './sink.ts'

/** Exit codes that do not depend on a command. */
const EXIT = Object.freeze({ fine: 0, couldNotRun: 2 })

/** The work of a command; resolves to the exit code. */
type Task<Options> = (context: Context, options: Options) => Promise<number>

/** Runs the command line. Sets the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const stop = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    // A second signal ends the process at once.
    if (stop.signal.aborted) process.exit(EXIT.couldNotRun)
    stop.abort(
      new ChangeoverError('ABORTED', `Stopped by ${name}.`, {
        remedy: 'What was done is kept; run the command again to continue.',
      }),
    )
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    await program(stop.signal).parseAsync([...argv])
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? EXIT.fine : EXIT.couldNotRun
    else reportError(thrown, argv.includes('--verbose'))
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function program(signal: AbortSignal): Command {
  const root = rootCommand()
  const add = <Options>(name: string, description: string, task: Task<Options & CommonOptions>): Command =>
    root
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the config file', 'changeover.config.ts')
      .option('--json', 'print one JSON object instead of lines')
      .option('--verbose', 'print details and stack traces')
      .action(async (options: Options & CommonOptions) => {
        await using context = new Context(options, signal)
        process.exitCode = await task(context, options)
      })

  const destructive = [
    '--allow-destructive',
    'include changes that may lose data: narrower types, dropped columns',
  ] as const
  add('plan', 'print the SQL that would bring the warehouse up to date; change nothing', planCommand).option(
    ...destructive,
  )
  add('apply', 'bring the tables, columns and views of the warehouse up to date', applyCommand).option(...destructive)
  add('migrate', 'replay the history into the warehouse; resumes an interrupted run', migrateCommand)
    .option('-m, --migration <name>', 'the migration to use, when the config has several')
    .option('--ranges <n>', 'the number of ranges to divide the history into', wholeNumber('--ranges'))
    .option('--parallel <n>', 'the number of ranges to read in parallel', wholeNumber('--parallel'))
    .option('--fresh', 'start over instead of resuming an interrupted run')
    .option('--heal', 'replay only the events that observers recorded as missed')
  add('sink', 'merge messages from the queue into the warehouse until stopped', sinkCommand).option(
    '-m, --migration <name>',
    'the migration to use, when the config has several',
  )
  add('reconcile', 'compare the old reports with the new ones, row by row', reconcileCommand).option(
    '-r, --report <name...>',
    'only these reports',
  )
  return root
}

function rootCommand(): Command {
  return new Command('changeover')
    .description('Moves the analytics of a live application from MongoDB events to a MySQL star schema, with proof.')
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        const said = text
          .replace(/^error: /, '')
          .trim()
          .replaceAll(/\s+/g, ' ')
        write(`changeover: ${said.replace(/([^.?!)])$/, '$1.')} Run changeover --help for usage.\n`)
      },
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 differences, 2 could not run.\nConnections: MYSQL_URL, MONGODB_URL, SQS_QUEUE_URL, SQS_ENDPOINT.',
    )
}

function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
    throw new ChangeoverError('CONFIG', `The option ${option} is ${JSON.stringify(text)}.`, {
      remedy: `Use a whole number from 1 to 999999, for example: ${option} 4`,
    })
  }
}

function reportError(thrown: unknown, verbose: boolean): void {
  process.exitCode = EXIT.couldNotRun
  process.stderr.write(`changeover: ${messageAndRemedyOf(thrown)}\n`)
  if (verbose && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`)
}

import { Command, CommanderError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { ChangeoverError } from '../core/index.ts'
import { applyCommand, planCommand } from './apply.ts'
import { Context, type CommonOptions } from './context.ts'
import { EXIT, runToExit, type Running } from './lifetime.ts'
import { createMask } from './mask.ts'
import { migrateCommand } from './migrate.ts'
import { reconcileCommand } from './reconcile.ts'
import { sinkCommand } from './sink.ts'
import { statusCommand } from './status.ts'
import { vschemaCommand } from './vschema.ts'

/** The work of a command; resolves to the exit code. */
export type Task<Options> = (context: Context, options: Options) => Promise<number>

/** Runs the command line and ends the process. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  await runToExit((running) => runCommand(argv, running), {
    mask: createMask(process.env),
    verbose: argv.includes('--verbose'),
  })
}

/** Resolves to the exit code of the command that the arguments name. */
async function runCommand(argv: readonly string[], running: Running): Promise<number> {
  const ended: { code: number } = { code: EXIT.fine }
  try {
    await program(running, ended).parseAsync([...argv])
    return ended.code
  } catch (thrown) {
    // It has written its usage or its complaint already.
    if (thrown instanceof CommanderError) return isAskedFor(thrown, argv) ? EXIT.fine : EXIT.couldNotRun
    throw thrown
  }
}

/** Not by its exit code: for `changeover help`, commander takes that of the process, which is 2 so far. */
function isAskedFor({ code, exitCode }: CommanderError, argv: readonly string[]): boolean {
  return exitCode === 0 || (code === 'commander.help' && argv[2] === 'help')
}

function program(running: Running, ended: { code: number }): Command {
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
        write(`changeover: ${said.replace(/([^.?!)])$/, '$1.')} Run changeover --help for usage.\n`)
      },
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 differences, quarantined events, unknown event types or something left to do, 2 could not run to its end.\nConnections: MYSQL_URL, MONGODB_URL, SQS_QUEUE_URL, SQS_ENDPOINT.',
    )

  const add = <Options>(name: string, description: string, task: Task<Options & CommonOptions>): Command =>
    root
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the config file', 'changeover.config.ts')
      .option('--json', 'print one JSON object instead of lines')
      .option('--verbose', 'print details and stack traces')
      .action(async (options: Options & CommonOptions) => {
        await using context = new Context(options, running)
        ended.code = await task(context, options)
      })

  const destructive = [
    '--allow-destructive',
    'include what may lose data: dropping columns and histories that are no longer defined',
  ] as const
  const rollBack = ['--roll-back', 'go back to definitions that were applied before'] as const
  const noIndexes = ['--no-indexes', 'leave missing indexes out: a bulk load is faster without them'] as const
  add('plan', 'print what a changed config means and the SQL that it needs; change nothing', planCommand)
    .option(...destructive)
    .option(...rollBack)
    .option(...noIndexes)
  add('apply', 'bring tables, columns and views up to date, and register the definitions', applyCommand)
    .option(...destructive)
    .option(...rollBack)
    .option(...noIndexes)
    .option('--expect <hash>', 'apply the plan with this hash, or nothing')
  add('status', 'show generations, workers and what is to be replayed', statusCommand).option(
    '-m, --migration <name>',
    'only this migration',
  )
  add(
    'vschema',
    'print the vschema of a sharded keyspace of Vitess for these tables; connect to nothing',
    vschemaCommand,
  )
  add('migrate', 'replay the history into the warehouse; resumes an interrupted run', migrateCommand)
    .option('-m, --migration <name>', 'the migration to use, when the config has several')
    .option('--ranges <n>', 'the number of ranges to divide the history into', wholeNumber('--ranges', 1))
    .option('--parallel <n>', 'the number of ranges to read in parallel', wholeNumber('--parallel', 1))
    .option(
      '--outage <seconds>',
      'how long to wait while the warehouse is away (default: 600)',
      wholeNumber('--outage', 0),
    )
    .option('--fresh', 'start over instead of resuming an interrupted run')
    .option('-t, --tables <name...>', 'write to these tables only')
    .option('--same-mapping', 'go on although the text of handlers has changed: they map as before')
    .addOption(
      new Option('--heal', 'replay only the events that observers recorded as missed').conflicts([
        'fresh',
        'ranges',
        'parallel',
        'tables',
        'sameMapping',
      ]),
    )
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

function wholeNumber(option: string, min: 0 | 1): (text: string) => number {
  return (text) => {
    if (/^(0|[1-9]\d{0,5})$/.test(text) && Number(text) >= min) return Number(text)
    throw new ChangeoverError('CONFIG', `The option ${option} is ${JSON.stringify(text)}.`, {
      remedy: `Use a whole number from ${min} to 999999, for example: ${option} 4`,
    })
  }
}

import { writeSync } from 'node:fs'
import { ChangeoverError, messageOf } from '../core/index.ts'
import { asSentence, complaintOf, tracesOf } from './complaint.ts'
import type { Mask } from './mask.ts'
import { Output } from './output.ts'
import { placeIn } from './place.ts'

/** Exit codes that do not depend on a command. */
export const EXIT: Readonly<Record<'fine' | 'differences' | 'couldNotRun', number>> = Object.freeze({
  fine: 0,
  differences: 1,
  couldNotRun: 2,
})

/** How long a command may take to stop after a signal, in milliseconds. */
export const STOP_MS = 1500

/** A command while it runs. */
export interface Running {
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  readonly output: Output
  readonly mask: Mask
  /** What it waits for, for the error that says that it never happened: `loading the config /app/changeover.config.ts`. */
  waitsFor: string
}

/**
 * Runs a command and ends the process with its exit code. That is 2 until the command has reached its end and its output is
 * written, whatever ends the process before: a call of `process.exit`, an event loop with nothing left to do, an error that no one
 * catches. A signal ends the process after {@link STOP_MS} at the latest, a second one at once.
 */
export async function runToExit(
  work: (running: Running) => Promise<number>,
  options: { readonly mask: Mask; readonly verbose: boolean },
): Promise<void> {
  process.exitCode = EXIT.couldNotRun
  const { mask, verbose } = options
  const stop = new AbortController()
  const cut = Promise.withResolvers<never>()
  const output = new Output(process.stdout)
  const running: Running = { signal: stop.signal, output, mask, waitsFor: 'starting' }
  let isOver = false

  const complain = (thrown: unknown): void => {
    process.stderr.write(complaintOf(thrown, mask))
    if (verbose) process.stderr.write(tracesOf(thrown, mask))
  }
  const end = (code: number): never => {
    isOver = true
    process.exit(code)
  }
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) end(EXIT.couldNotRun)
    stop.abort(stoppedBy(name))
    setTimeout(() => cut.reject(stop.signal.reason), STOP_MS)
  }
  // Without a listener, an error output that is closed would end the process.
  process.stderr.on('error', () => {})
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  process.on('beforeExit', () => cut.reject(neverHappens(running.waitsFor)))
  process.on('uncaughtException', (thrown) => cut.reject(uncaught(thrown)))
  process.on('exit', (code) => {
    if (isOver) return
    process.exitCode = EXIT.couldNotRun
    writeNow(complaintOf(endedEarly(code), mask))
  })

  let code: number
  try {
    code = await Promise.race([work(running), cut.promise])
    const failure = await Promise.race([output.flush(), cut.promise])
    if (failure !== undefined) throw cutOutput(failure)
  } catch (thrown) {
    code = EXIT.couldNotRun
    // After a signal, whatever failed failed because of it.
    complain(stop.signal.aborted ? stop.signal.reason : thrown)
  }
  end(code)
}

function stoppedBy(name: NodeJS.Signals): ChangeoverError {
  return new ChangeoverError('ABORTED', `Stopped by ${name}.`, {
    remedy: 'What was done is kept; run the command again to continue.',
  })
}

function neverHappens(waitsFor: string): ChangeoverError {
  return new ChangeoverError(
    'CONFIG',
    `The command cannot go on: ${waitsFor} never ends, and nothing is left to wait for.`,
    {
      remedy: 'Look for a promise that is never settled, in the config and in what it imports.',
    },
  )
}

function uncaught(thrown: unknown): ChangeoverError {
  return new ChangeoverError(
    'UNEXPECTED',
    `An error was thrown where nothing catches it${inPlace(thrown)}: ${asSentence(messageOf(thrown))}`,
    {
      cause: thrown,
      remedy:
        'Look for timers, event listeners and promises without a catch in the config and in what it imports; --verbose shows where.',
    },
  )
}

/** Where the user's code threw something, or what called this function: process.exit does, as far as its listeners can tell. */
function inPlace(thrown: unknown): string {
  const place = placeIn(thrown)
  return place === undefined ? '' : ` (in ${place.file}:${place.line})`
}

function endedEarly(code: number): ChangeoverError {
  return new ChangeoverError(
    'CONFIG',
    `The process was ended with exit code ${code} before the command had finished${inPlace(new Error())}.`,
    {
      remedy: 'Remove the call of process.exit from the config and from what it imports.',
    },
  )
}

function cutOutput(failure: string): ChangeoverError {
  return new ChangeoverError('UNEXPECTED', `The output is incomplete: ${failure}.`, {
    remedy: 'What the command did is kept; check where its output goes, and run it again to see all of it.',
  })
}

/** Writes while the process exits, when nothing can wait any more. */
function writeNow(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // There is nowhere left to report it.
  }
}

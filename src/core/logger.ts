/** Where diagnostics go. Any structured logger (pino, winston, the console) can be adapted to it. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** The fields of a log line: ids and counts, never values of events and never secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** The default: logs nothing. */
export const silentLogger: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
})

/** The same logger, but what it throws is dropped. For callers that have nowhere to report it. */
export function safeLogger(logger: Logger): Logger {
  const safely =
    (level: keyof Logger): Logger['info'] =>
    (message, fields) => {
      try {
        logger[level](message, fields)
      } catch {
        // There is nowhere left to report it.
      }
    }
  return { debug: safely('debug'), info: safely('info'), warn: safely('warn'), error: safely('error') }
}

function nothing(): void {}

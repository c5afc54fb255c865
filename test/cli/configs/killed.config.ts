import { defineConfig } from 'changeover'
import { history } from '../../../examples/history/migration.ts'

const killAt = Number(process.env['KILL_AT'])
const [type, handler] = [...history.handlers].find(([name]) => name === 'file.edited')!

/** Kills its own process in the middle of the batch that holds the first edit from the event KILL_AT on. */
const killing = (event: { readonly seq: number }) => {
  if (event.seq >= killAt) process.kill(process.pid, 'SIGKILL')
  return handler === 'ignore' ? [] : handler(event)
}

export default defineConfig({
  migrations: [{ ...history, handlers: new Map([...history.handlers, [type, killing]]) }],
})

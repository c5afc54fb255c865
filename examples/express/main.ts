// node examples/express/main.ts: see README.md for the environment variables.
import { runApplication } from '../application.ts'
import { start } from './start.ts'

await runApplication({ name: 'shop', migration: 'shop' }, start)

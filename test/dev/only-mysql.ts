// A program that starts a MySQL and is killed before it could stop it: see stack.test.ts.
import { startStack } from '../../dev/stack/index.ts'

const stack = await startStack({ only: ['database'] })
process.send?.(stack.databaseUrl)
setInterval(() => {}, 2 ** 30)

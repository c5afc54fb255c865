// A program that starts MySQL and is killed before it can stop it: see stack.test.ts.
import { startStack } from '../../dev/stack/index.ts'

const stack = await startStack({ only: ['database'] })
process.send?.(stack.databaseUrl)
setInterval(() => {}, 2 ** 30)

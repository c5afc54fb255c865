// A program that starts MySQL and is killed before it can stop it: see stack.test.ts.
import { startStack } from '../../dev/stack/index.ts'

const stack = await startStack({ only: ['mysql'] })
process.send?.(stack.mysqlUrl)
setInterval(() => {}, 2 ** 30)

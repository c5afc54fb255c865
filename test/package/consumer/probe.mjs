// Loads one subpath of the installed package, as the application whose folder this is, and says what that did.
import { createRequire, registerHooks } from 'node:module'

const [how, specifier] = process.argv.slice(2)
const packages = new Set()
registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
    if (name !== undefined) packages.add(name)
    return next(url, context)
  },
})

// What only the loading itself held, a file that is being read, is let go of before it is looked at.
const state = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return JSON.stringify([
    process.getActiveResourcesInfo(),
    Object.getOwnPropertyNames(globalThis).toSorted(),
    process.eventNames(),
    process.env,
    process.exitCode,
  ])
}

// Node makes these when they are first looked at, which it does itself on some ways into a module.
void [process.stdout, process.stderr]
const before = await state()
const module = how === 'require' ? createRequire(import.meta.url)(specifier) : await import(specifier)
const isUntouched = (await state()) === before
process.stdout.write(JSON.stringify({ names: Object.keys(module), packages: [...packages], isUntouched }))

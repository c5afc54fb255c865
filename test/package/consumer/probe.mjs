// Loads one subpath of the installed package from the application's folder, and reports the effects.
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

// Loading itself keeps resources for a moment, such as the file that is read; they are released before the state is read.
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

// Node creates these on first access, and loading some modules accesses them.
void [process.stdout, process.stderr]
const before = await state()
const module = how === 'require' ? createRequire(import.meta.url)(specifier) : await import(specifier)
const isUntouched = (await state()) === before
process.stdout.write(JSON.stringify({ names: Object.keys(module), packages: [...packages], isUntouched }))

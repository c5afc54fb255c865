import { ChangeoverError, codeOf } from './errors.ts'

/**
 * Loads a package that only some users need, and that they install themselves. Rejects with a ChangeoverError `CONFIG` that says what to
 * install.
 *
 * @param need what needs it: `'this command'`
 */
export async function loadOptionalPeer<T>(name: string, need: string, load: () => Promise<T>): Promise<T> {
  return load().catch((thrown: unknown) => {
    const isMissing = codeOf(thrown) === 'ERR_MODULE_NOT_FOUND' || codeOf(thrown) === 'MODULE_NOT_FOUND'
    if (!isMissing) throw thrown
    throw new ChangeoverError('CONFIG', `The package ${name} is not installed, and ${need} needs it.`, {
      cause: thrown,
      remedy: `Run: npm install ${name}`,
    })
  })
}

const refuse = (): never => {
  throw new Error('a trap')
}

/** Things to throw that throw themselves when they are looked at, each made new. */
export const HOSTILE: readonly (readonly [string, () => unknown])[] = [
  ['an object without a prototype', () => Object.create(null)],
  ['a symbol', () => Symbol('sign')],
  ['a function', () => () => {}],
  ['a proxy whose traps throw', () => new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse })],
  ['a proxy of an error whose traps throw', () => new Proxy(new Error('inner'), { get: refuse, has: refuse })],
  ['a revoked proxy', revoked],
  ['an error whose message throws', () => Object.defineProperty(new Error('inner'), 'message', { get: refuse })],
  ['an error whose message is no text', () => Object.assign(new Error('inner'), { message: Object.create(null) })],
  ['an error whose code throws', () => Object.defineProperty(new Error('inner'), 'code', { get: refuse })],
  ['an object whose toString throws', () => ({ toString: refuse })],
]

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('inner'), {})
  revoke()
  return proxy
}

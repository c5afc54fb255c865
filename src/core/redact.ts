/** A connection address without its password and query string, safe for logs and errors. */
export function redactUrl(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0]
  if (scheme === undefined) return UNREADABLE
  const [authority = '', ...rest] = address.slice(scheme.length).split(/(?=[/?#])/)
  // A later @ may end a password that contains an unencoded / ? or #; then there is no telling where the password begins.
  if (rest.some((part) => part.includes('@'))) return `${scheme}…`
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : `${decoded(authority.slice(0, at).split(':')[0]!)}@`
  const path = rest.join('').replace(/[?#].*$/s, '')
  return `${scheme}${user}${authority.slice(at + 1)}${path}`
}

const UNREADABLE = '(an address that is not a URL)'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

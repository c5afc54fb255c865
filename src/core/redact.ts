/** A connection address without its password and its query: fit for a log or an error. */
export function redactUrl(address: string): string {
  try {
    const url = new URL(address)
    const user = url.username === '' ? '' : `${decodeURIComponent(url.username)}@`
    return `${url.protocol}//${user}${url.host}${url.pathname}`
  } catch {
    return address.includes('@') ? `…@${address.slice(address.lastIndexOf('@') + 1)}` : '(an address that is not a URL)'
  }
}

import { redactUrl } from '../core/index.ts'

/** Makes a text fit for a terminal and a log. */
export type Mask = (text: string) => string

/** Variables that are addresses, which may contain a password. */
const ADDRESSES = ['MYSQL_URL', 'MONGODB_URL', 'SQS_QUEUE_URL'] as const
/** Variables that are secrets as a whole. */
const SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'CHANGEOVER_HMAC_KEY'] as const

const HIDDEN = '***'
/** Shorter secrets are not looked for outside of addresses: they would hide ordinary words. */
const MIN_SECRET = 4

/**
 * Hides passwords in a text, whoever wrote it: in anything that looks like `scheme://user:password@`, and wherever the text has the
 * value of one of the variables that hold secrets.
 */
export function createMask(env: Readonly<Record<string, string | undefined>>): Mask {
  const replacements = new Map<string, string>()
  for (const name of ADDRESSES) {
    const address = env[name]
    if (!address) continue
    if (address.includes('://')) replacements.set(address, redactUrl(address))
    for (const password of passwordsIn(address)) replacements.set(password, HIDDEN)
  }
  for (const name of SECRETS) {
    const secret = env[name]
    if (secret && secret.length >= MIN_SECRET) replacements.set(secret, HIDDEN)
  }
  // The longest first: one may be a part of another.
  const ordered = [...replacements].toSorted(([a], [b]) => b.length - a.length)
  return (text) => {
    const known = ordered.reduce((masked, [secret, shown]) => masked.replaceAll(secret, () => shown), text)
    return known.replaceAll(CREDENTIALS, '$1$2')
  }
}

/**
 * A scheme and a user, then a password up to the last @ of the word, or up to where the text was cut. The word `password` is that of an
 * example.
 */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"'`<>]*):(?!password@)[^\s"'`<>]*(@|…$)/gi

function passwordsIn(address: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:(.*)@/i.exec(address)?.[1] ?? ''
  return [...new Set([written, decoded(written)])].filter(({ length }) => length >= MIN_SECRET)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

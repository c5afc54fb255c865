import { codeOf, propertyOf } from '../core/index.ts'

const CERTIFICATE =
  'Give MYSQL_URL the authority that signed the certificate, percent-encoded: ?ssl={"ca":"-----BEGIN CERTIFICATE-----…"}'
const PASSWORD = 'Check the user and the password in MYSQL_URL, and from which hosts the user may connect.'

/** What helps against an error, by the server's number or the driver's code. */
const REMEDIES: Readonly<Record<string, string>> = Object.freeze({
  1045: PASSWORD, // access denied for the user: no such user, or another password
  1698: PASSWORD, // the same without a password
  1130: PASSWORD, // the host is not allowed to connect
  1251: 'Give the user of MYSQL_URL a method of authentication that the driver has, such as caching_sha2_password.',
  1820: 'Set a new password for the user of MYSQL_URL: its present one has expired.',
  1862: 'Set a new password for the user of MYSQL_URL: its present one has expired.',
  3118: 'Unlock the user of MYSQL_URL.',
  4151: 'Unlock the user of MYSQL_URL.',
  1049: 'Create the database that MYSQL_URL names, or correct the name; then run: changeover apply',
  1054: 'If a report names the column, correct it there; otherwise run: changeover apply',
  1146: 'If a report names the table, name a view of the warehouse there; otherwise run: changeover apply',
  HANDSHAKE_NO_SSL_SUPPORT: 'Turn TLS on in the server, or remove ?ssl from MYSQL_URL.',
  HANDSHAKE_SSL_ERROR: CERTIFICATE, // the driver's code for all that TLS refuses, above all a certificate that is not trusted
})

/** The remedy for one error of mysql2, where it differs from that of its kind; else undefined. */
export function mysqlRemedyOf(thrown: unknown): string | undefined {
  for (const code of [propertyOf(thrown, 'errno'), codeOf(thrown)]) {
    if ((typeof code === 'number' || typeof code === 'string') && Object.hasOwn(REMEDIES, code)) return REMEDIES[code]
  }
  return undefined
}

import { expect, test } from 'vitest'
import { mysqlErrors } from '../../src/warehouse/mysql-errors.ts'

const errorOf = (code: { errno?: number; code?: string }): Error => Object.assign(new Error('said'), code)

test.each<[string, { errno?: number; code?: string }, RegExp]>([
  ['a wrong password', { errno: 1045 }, /^Check the user and the password/],
  ['a missing right to a database', { errno: 1044 }, /docs\/reference\/rights\.md/],
  ['a missing right to a table', { errno: 1142 }, /docs\/reference\/rights\.md/],
  ['an unknown database', { errno: 1049 }, /^Create the database/],
  ['an unknown column', { errno: 1054 }, /^If a report names the column, correct it/],
  ['an unknown table', { errno: 1146 }, /^If a report names the table/],
  ['an expired password', { errno: 1862 }, /^Set a new password/],
  ['a locked user', { errno: 3118 }, /^Unlock/],
  ['a server without TLS', { code: 'HANDSHAKE_NO_SSL_SUPPORT' }, /^Turn TLS on/],
  ['a certificate that is not trusted', { code: 'HANDSHAKE_SSL_ERROR' }, /the authority that signed the certificate/],
])('the remedy fits %s', (_, code, remedy) => {
  expect(mysqlErrors.translate(errorOf(code), 'there').remedy).toMatch(remedy)
})

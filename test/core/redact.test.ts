import fc from 'fast-check'
import { expect, it } from 'vitest'
import { redactUrl } from '../../src/core/redact.ts'

it.each([
  ['mysql://root:hush@db.example:3306/warehouse', 'mysql://root@db.example:3306/warehouse'],
  ['mysql://root@db.example/warehouse', 'mysql://root@db.example/warehouse'],
  ['mysql://db.example/warehouse?ssl={"key":"hush"}', 'mysql://db.example/warehouse'],
  ['mysql://r%40t:hu%2Fsh@db.example/warehouse', 'mysql://r@t@db.example/warehouse'],
  ['mysql://:hush@db.example', 'mysql://@db.example'],
  [
    'mongodb://u:hush@one:27017,two:27017/app?tlsCertificateKeyFilePassword=hush',
    'mongodb://u@one:27017,two:27017/app',
  ],
  ['mongodb://one:27017,two:27017/?replicaSet=rs', 'mongodb://one:27017,two:27017/'],
  ['mongodb+srv://u:hush@cluster.example/app', 'mongodb+srv://u@cluster.example/app'],
  ['https://sqs.example/123/queue#hush', 'https://sqs.example/123/queue'],
  ['mysql://u:hu@sh@db.example/w', 'mysql://u@db.example/w'],
  ['mysql://u%zz:hush@db.example/w', 'mysql://u%zz@db.example/w'],
])('shows %s as %s', (address, shown) => {
  expect(redactUrl(address)).toBe(shown)
})

it.each(['', 'hush', 'u:hush@db.example', 'root hush', '//u:hush@db'])(
  'shows nothing of %j, which is not a URL',
  (address) => {
    expect(redactUrl(address)).toBe('(an address that is not a URL)')
  },
)

it('never shows a password, whatever characters it has and however they are encoded', () => {
  const password = fc.string({ minLength: 3 }).map((text) => `hush${text}hush`)
  const scheme = fc.constantFrom('mysql', 'mongodb', 'mongodb+srv', 'https')
  fc.assert(
    fc.property(scheme, password, fc.constantFrom('', '12', '12/'), fc.boolean(), (name, secret, before, isEncoded) => {
      const written = isEncoded ? encodeURIComponent(secret.toWellFormed()) : secret
      expect(redactUrl(`${name}://user:${before}${written}@one:1,two:2/app?x=hush`)).not.toContain('hush')
    }),
  )
})

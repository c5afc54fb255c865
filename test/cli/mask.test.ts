import { describe, expect, it } from 'vitest'
import { createMask } from '../../src/cli/mask.ts'

describe('the mask of what is printed', () => {
  const mask = createMask({
    MYSQL_URL: 'mysql://me:p%40ss-word@db.example:3306/w?ssl={"key":"inner"}',
    MONGODB_URL: 'mongodb://a:b@c/d',
    AWS_SECRET_ACCESS_KEY: 'an aws secret',
    CHANGEOVER_HMAC_KEY: 'abc',
  })

  it.each([
    ['at mysql://you:x@y@db/w now', 'at mysql://you@db/w now'],
    ['"mongodb+srv://you:x@db/w","mail":"a@b"', '"mongodb+srv://you@db/w","mail":"a@b"'],
    ['mysql://you:half-a-pass…', 'mysql://you…'],
    ['the password p@ss-word', 'the password ***'],
    ['the password p%40ss-word', 'the password ***'],
    ['mysql://me:p%40ss-word@db.example:3306/w?ssl={"key":"inner"}', 'mysql://me@db.example:3306/w'],
    ['key an aws secret', 'key ***'],
  ])('hides secrets: %s', (text, shown) => {
    expect(mask(text)).toBe(shown)
  })

  it.each([
    'abc is short, and b is shorter',
    'mysql://user:password@host:3306/database',
    'mysql://me@db.example:3306/w, http://host:8080/path, file:///a/b.ts:3:4',
  ])('leaves other text as it is: %s', (text) => {
    expect(mask(text)).toBe(text)
  })
})

import { expect, test } from 'vitest'
import { bytesToText } from '../../src/core/bytes.ts'

test('distinct bytes have distinct texts, one character per byte', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte))
  expect(new Set(bytes.map(bytesToText)).size).toBe(256)
  expect(bytesToText(Buffer.from(bytes.map(([byte]) => byte!)))).toHaveLength(256)
})

test('a view of a shared buffer has only its own bytes', () => {
  const shared = Buffer.from('abcd')
  expect(bytesToText(shared.subarray(1, 3))).toBe('bc')
  expect(bytesToText(new Uint8Array(shared.buffer, shared.byteOffset + 2, 2))).toBe('cd')
})

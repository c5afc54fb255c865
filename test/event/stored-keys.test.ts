import { Binary, Decimal128, Long, MaxKey, MinKey, ObjectId, serialize, Timestamp, UUID } from 'bson'
import { expect, test } from 'vitest'
import { eventKey, eventKeyOf } from '../../src/event/index.ts'

const hex = (key: Uint8Array | undefined): string => Buffer.from(key!).toString('hex')

// Warehouses have receipts under these keys: they were made by the first version, and can never change.
test.each<[unknown, string]>([
  [new ObjectId('65a1b2c3d4e5f60718293a4b'), '0765a1b2c3d4e5f60718293a4b'],
  ['ann', '02616e6e'],
  ['ä😀', '02c3a4f09f9880'],
  ['', '02'],
  ['x'.repeat(33), '02787878787878787878787878787878787878787878787878787878787878787878'],
  ['x'.repeat(34), 'ff1c314b148434d9fba32458a37210263ec6be1e4eafc86465e7bc6f7b94a1aa05'],
  [0, '1030'],
  [7, '1037'],
  [-7, '102d37'],
  [2 ** 53 - 1, '1039303037313939323534373430393931'],
  [Long.MAX_VALUE, '1039323233333732303336383534373735383037'],
  [Long.MIN_VALUE, '102d39323233333732303336383534373735383038'],
  [7.5, '01372e35'],
  [-0.1, '012d302e31'],
  [1e300, '0131652b333030'],
  [2 ** 63, '0139323233333732303336383534373736303030'],
  [NaN, '014e614e'],
  [Infinity, '01496e66696e697479'],
  [5e-324, '0135652d333234'],
  [new Date(1_700_000_000_123), '0931373030303030303030313233'],
  [new Date(-1), '092d31'],
  [true, '0874727565'],
  [false, '0866616c7365'],
  [null, '0a'],
  [new Binary(Buffer.of(1, 2, 3)), '0500010203'],
  [new Binary(Buffer.of(1, 2, 3), 2), '0502010203'],
  [new UUID('00112233-4455-6677-8899-aabbccddeeff'), '050400112233445566778899aabbccddeeff'],
  [new Decimal128('0.1'), 'ff9cdc7835438dd651e3d18d781e140afae83e1180c51ebe46d6b4bea99dc0020a'],
  [new Decimal128('1E+400'), 'ff841bcbd426af60b91ca03a9b7f5dbdca9994d919b3886495df1e459d8eb4efff'],
  [new Timestamp({ t: 1, i: 2 }), 'ff60d1084d8c639887e32727d68e2f0e7f1548cac3f6c23f9628e2c7139affe79f'],
  [new MinKey(), '114d696e4b6579207b7d'],
  [new MaxKey(), '114d61784b6579207b7d'],
  [{ a: 1 }, '030000000161000000021031'],
  [{}, '03'],
  [{ user: 'ann', day: new Date(7), n: 1.5 }, 'ffbcd177bdf181237e75e16e3e4a9325dc2fc16bc348413ec7c2c38ba157911b10'],
  [
    { of: { _id: new ObjectId('65a1b2c3d4e5f60718293a4b') }, list: [1, 'a', [true, null]] },
    'ff8f8c1e584d929024993bf6f5e6d76a0f150b19ba0f7ca60acde3cf88548dd23b',
  ],
])('the key of %o is what it was, decoded or not', (id, key) => {
  expect(hex(eventKey(id))).toBe(key)
  expect(hex(eventKeyOf(serialize({ type: 'x', _id: id })))).toBe(key)
})

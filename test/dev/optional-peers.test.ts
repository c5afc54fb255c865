import { expect, test } from 'vitest'
import { withPeersMarked } from '../../dev/optional-peers.ts'

test('an import of an optional peer may fail in declarations, and no other', () => {
  const text = `import type { Db } from 'mongodb';
import { a } from './mongodb.js';
import type {
    B,
} from '@aws-sdk/client-sqs';
export declare const c: import("mongodb").Db;
`
  expect(withPeersMarked(text, ['mongodb', '@aws-sdk/client-sqs'])).toBe(`// @ts-ignore An optional peer.
import type { Db } from 'mongodb';
import { a } from './mongodb.js';
import type {
    B,
// @ts-ignore An optional peer.
} from '@aws-sdk/client-sqs';
// @ts-ignore An optional peer.
export declare const c: import("mongodb").Db;
`)
})

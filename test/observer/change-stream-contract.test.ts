import { changeStreamTap } from '../../src/observer/change-stream-tap.ts'
import { tapContract } from '../contract/tap.ts'

tapContract('change stream', (client, namespace) => {
  const tap = changeStreamTap(client, namespace, { migration: 'movements' })
  return { tap, live: tap.live }
})

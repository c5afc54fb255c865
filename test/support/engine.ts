import { beforeEach, inject } from 'vitest'

// A developer's machine may have one engine only; in CI the set-up fails instead.
const { missingEngine } = { missingEngine: inject('missingEngine') }
if (missingEngine !== undefined) beforeEach(({ skip }) => skip(missingEngine))

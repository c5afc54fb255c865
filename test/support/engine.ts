import { beforeEach, inject } from 'vitest'

// A developer's machine may have only one engine. In CI the global setup fails instead.
const missingEngine = inject('missingEngine')
if (missingEngine !== undefined) beforeEach(({ skip }) => skip(missingEngine))

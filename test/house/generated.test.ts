import { expect, it } from 'vitest'
import { withRoomRules, type LintConfig } from '../../dev/rooms/lint.ts'
import { withMap } from '../../dev/rooms/map.ts'
import { ROOMS } from '../../dev/rooms/rooms.ts'
import { read } from './repository.ts'

const REMEDY = 'It is out of date; run `npm run rooms`.'

it('the lint rules are up to date with the table of rooms', () => {
  const config = JSON.parse(read('.oxlintrc.json')) as LintConfig
  expect(config, REMEDY).toEqual(withRoomRules(config, ROOMS))
})

it('the map in CONTRIBUTING.md is up to date with the table of rooms', () => {
  const text = read('CONTRIBUTING.md')
  expect(text, REMEDY).toBe(withMap(text, ROOMS))
})

it('writing the map fails in a text without its marks', () => {
  expect(() => withMap('# Contributing\n', ROOMS)).toThrow('There is no place for the map')
})

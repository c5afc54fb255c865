import { describe, expect, it } from 'vitest'
import { describeHealing, describeMigration } from '../../src/cli/migrate.ts'

const migrated = {
  run: 'a-run',
  resumed: false,
  events: 12_000,
  applied: 11_990,
  ignored: 7,
  quarantined: 3,
  rows: 30_000,
  late: 2,
  left: 0,
  isOvertaken: false,
  outdated: [],
  unmapped: 0,
  unknownTypes: [],
  reasons: [],
}

describe('the lines of a migration', () => {
  it('show its counts and its rate', () => {
    expect(describeMigration('history', migrated, 1.5)).toEqual([
      'history: 12,000 events in 1.5 s (8,000/s).',
      '  applied 11,990, ignored 7, quarantined 3; 30,000 rows merged; 2 events arrived late.',
    ])
  })

  it('say when it resumed, which types are not known, and why events were quarantined', () => {
    const unknownTypes = [
      { type: 'file.renamed', events: 4 },
      { type: null, events: 1 },
    ]
    const result = { ...migrated, resumed: true, unmapped: 5, unknownTypes, reasons: ['a reason'] }
    expect(describeMigration('history', result, 0)).toEqual([
      'history: 12,000 events in 0.0 s (0/s), resumed.',
      expect.any(String) as string,
      '  5 events are of types that the mapping does not know: "file.renamed" (4), no type (1). Write a handler for each, or map it to \'ignore\'.',
      '  quarantined: a reason',
    ])
  })

  it('have singulars', () => {
    const one = {
      ...migrated,
      events: 1,
      applied: 1,
      ignored: 0,
      quarantined: 0,
      rows: 1,
      late: 1,
      left: 0,
      isOvertaken: false,
      outdated: [],
      unmapped: 1,
    }
    const lines = describeMigration('history', { ...one, unknownTypes: [{ type: 'file.renamed', events: 1 }] }, 1)
    expect(lines).toEqual([
      'history: 1 event in 1.0 s (1/s).',
      '  applied 1, ignored 0, quarantined 0; 1 row merged; 1 event arrived late.',
      '  1 event is of a type that the mapping does not know: "file.renamed" (1). Write a handler for each, or map it to \'ignore\'.',
    ])
  })

  it('name no more than five unknown types', () => {
    const unknownTypes = Array.from({ length: 6 }, (_, i) => ({ type: `t${i}`, events: 1 }))
    const lines = describeMigration('history', { ...migrated, unmapped: 6, unknownTypes }, 1)
    expect(lines[2]).toMatch(/: "t0" \(1\), .*"t4" \(1\), …\. Write a handler for each, or map it to 'ignore'\.$/)
  })
})

describe('the lines of healing', () => {
  const healed = {
    healed: 2,
    open: 1,
    crashed: 0,
    events: 20,
    applied: 18,
    ignored: 1,
    quarantined: 1,
    reasons: ['why'],
    unmapped: 0,
    unknownTypes: [],
  }

  it('show windows, events and reasons', () => {
    expect(describeHealing('history', healed)).toEqual([
      'history: 2 windows healed; 1 replayed up to now and still open.',
      '  20 events had no receipt: applied 18, ignored 1, quarantined 1.',
      '  quarantined: why',
    ])
  })

  it('name the types that are not known', () => {
    const unknownTypes = [{ type: 'file.renamed', events: 2 }]
    const lines = describeHealing('history', { ...healed, unmapped: 2, unknownTypes, reasons: [] })
    expect(lines.at(-1)).toMatch(/^ {2}2 events are of types that the mapping does not know: "file\.renamed" \(2\)\. /)
  })

  it('have singulars', () => {
    const one = { ...healed, healed: 1, open: 0, events: 1, applied: 1, ignored: 0, quarantined: 0, crashed: 1 }
    expect(describeHealing('history', { ...one, reasons: [] })).toEqual([
      'history: 1 window healed; 0 replayed up to now and still open.',
      '  1 event had no receipt: applied 1, ignored 0, quarantined 0.',
      '  1 observer had crashed.',
    ])
  })

  it('name crashed observers', () => {
    expect(describeHealing('history', { ...healed, crashed: 3, reasons: [] })).toContain('  3 observers had crashed.')
  })
})

import { ownOf } from '../../core/index.ts'
import type { ContentLayout, Merge, Slot, TableLayout } from '../rows/layout.ts'
import { valueMerge } from '../rows/merge.ts'
import type { PhysicalColumn, Presence, Register } from '../rows/relation.ts'
import { compareText } from '../types/cell.ts'
import { bigint } from '../types/number.ts'
import { checkDefinition, checkRowsFit } from './checks.ts'
import { definedColumns, type TableDefinition } from './definition.ts'
import { historyLayoutOf } from './history-layout.ts'
import { indexesOf } from './index-layout.ts'
import { liveColumn, originColumn, stampColumn, stampComment } from './internal-columns.ts'
import {
  CONTENT_HIGH,
  CONTENT_LOW,
  LIVE_STAMP,
  PLAIN_NAMES,
  stampName,
  tableNamesOf,
  type PhysicalNames,
} from './names.ts'

/**
 * The layout of a definition in MySQL, under the names of its columns there. Throws a ChangeoverError `DEFINITION` if the definition
 * is wrong.
 */
export function layoutOf(definition: TableDefinition, names: PhysicalNames = PLAIN_NAMES): TableLayout {
  const defined = definedColumns(definition)
  checkDefinition(definition, defined)
  const indexes = indexesOf(definition, defined, names)

  const columns: PhysicalColumn[] = []
  const registers: Register[] = []
  const slots = new Map<string, Slot>()
  const stamped = new Map<string, { readonly stamp: number; readonly columns: number[] }>()

  const add = (column: PhysicalColumn): number => columns.push(column) - 1
  const addToRegister = (name: string, merge: Merge, index: number): number => {
    const known = stamped.get(name)
    if (known) {
      known.columns.push(index)
      return known.stamp
    }
    const logicalName = stampName(name)
    const column = { ...stampColumn(ownOf(names.stamps, name) ?? logicalName, stampComment(merge)), logicalName }
    const register = { stamp: add(column), columns: [index] }
    stamped.set(name, register)
    registers.push({ merge: 'stamped', ...register })
    return register.stamp
  }

  for (const { register, comment, ...column } of defined) {
    const { name, type, merge, isKey } = column
    const said = comment === undefined ? {} : { comment }
    const physical = ownOf(names.columns, name) ?? name
    const index = add({
      name: physical,
      logicalName: name,
      type,
      role: isKey ? 'key' : 'value',
      nullable: !isKey,
      ...said,
    })
    const stamp = register === undefined ? undefined : addToRegister(register, merge, index)
    if (!isKey && stamp === undefined) registers.push({ merge: valueMerge(merge), column: index })
    slots.set(name, { ...column, index, stamp })
  }

  const content = contentOf([...slots.values()], add)
  if (content) registers.push({ merge: 'max', column: content.high }, { merge: 'max', column: content.low })
  const live = { value: add(liveColumn), stamp: add(stampColumn(LIVE_STAMP, stampComment('last'))) }
  registers.push({ merge: 'stamped', columns: [live.value], stamp: live.stamp })
  const origin = add(originColumn)
  registers.push({ merge: 'bits', column: origin })

  const keyLength = Object.keys(definition.key).length
  const presence = presenceOf(registers, origin)
  const relation = Object.freeze({
    name: tableNamesOf(definition).main,
    columns,
    keyLength,
    registers,
    presence,
    indexes,
  })
  const history = definition.history ? historyLayoutOf(definition, columns, [...slots.values()]) : undefined
  checkRowsFit(definition, relation)
  if (history) checkRowsFit(definition, history.relation)
  return Object.freeze({
    relation,
    slots,
    live,
    origin,
    content,
    history,
  })
}

function presenceOf(registers: readonly Register[], origin: number): Presence {
  return {
    stamps: registers.flatMap((register) => (register.merge === 'stamped' ? [register.stamp] : [])),
    values: registers.flatMap((register) =>
      register.merge === 'stamped' || register.column === origin ? [] : [register.column],
    ),
    flags: [],
  }
}

function contentOf(slots: readonly Slot[], add: (column: PhysicalColumn) => number): ContentLayout | undefined {
  const fixed = slots.filter(({ isKey, merge, isPersonal }) => !isKey && merge === 'once' && !isPersonal)
  if (fixed.length === 0) return undefined
  const sorted = fixed.toSorted((a, b) => compareText(a.name, b.name))
  return {
    columns: sorted.map(({ index }) => index),
    names: sorted.map(({ name }) => `${name}\n`).join(''),
    high: add({ name: CONTENT_HIGH, type: bigint, role: 'content', nullable: true }),
    low: add({ name: CONTENT_LOW, type: bigint, role: 'content', nullable: true }),
  }
}

import { ownOf } from '../../core/index.ts'
import type { ContentLayout, Merge, Slot, TableLayout } from '../rows/layout.ts'
import { valueMerge } from '../rows/merge.ts'
import type { PhysicalColumn, Presence, Register } from '../rows/relation.ts'
import { compareText } from '../types/cell.ts'
import { bigint } from '../types/number.ts'
import { checkDefinition, checkRowsFit } from './checks.ts'
import { definedColumns, type DefinedColumn, type TableDefinition } from './definition.ts'
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
 * The layout of a definition in MySQL, under the physical names of its columns. Throws a ChangeoverError `DEFINITION` if the definition
 * is wrong.
 */
export function layoutOf(definition: TableDefinition, names: PhysicalNames = PLAIN_NAMES): TableLayout {
  const defined = definedColumns(definition)
  checkDefinition(definition, defined)
  const indexes = indexesOf(definition, defined, names)

  const builder = new RelationBuilder(names)
  for (const column of defined) builder.addDefined(column)
  const slots = [...builder.slots.values()]
  const content = builder.addContent(slots)
  const live = builder.addLive()
  const origin = builder.addOrigin()

  const { columns, registers } = builder
  const keyLength = Object.keys(definition.key).length
  const { main: name } = tableNamesOf(definition)
  const presence = presenceOf(registers, origin)
  const relation = Object.freeze({ name, columns, keyLength, registers, presence, indexes })
  const history = definition.history ? historyLayoutOf(definition, columns, slots) : undefined
  checkRowsFit(definition, relation)
  if (history) checkRowsFit(definition, history.relation)
  return Object.freeze({ relation, slots: builder.slots, live, origin, content, history })
}

/** Whatever an event writes to a row shows in one of its registers. */
function presenceOf(registers: readonly Register[], origin: number): Presence {
  return {
    stamps: registers.flatMap((register) => (register.merge === 'stamped' ? [register.stamp] : [])),
    values: registers.flatMap((register) =>
      register.merge === 'stamped' || register.column === origin ? [] : [register.column],
    ),
    flags: [],
  }
}

/** Collects the columns and registers of a table, in order. */
class RelationBuilder {
  readonly columns: PhysicalColumn[] = []
  readonly registers: Register[] = []
  readonly slots = new Map<string, Slot>()
  readonly #names: PhysicalNames
  /** The registers with a stamp, by name. */
  readonly #stamped = new Map<string, { readonly stamp: number; readonly columns: number[] }>()

  constructor(names: PhysicalNames) {
    this.#names = names
  }

  addDefined({ register, comment, ...column }: DefinedColumn): void {
    const { name, type, merge, isKey } = column
    const index = this.#add({
      name: ownOf(this.#names.columns, name) ?? name,
      logicalName: name,
      type,
      role: isKey ? 'key' : 'value',
      nullable: !isKey,
      ...(comment === undefined ? {} : { comment }),
    })
    const stamp = register === undefined ? undefined : this.#addToRegister(register, merge, index)
    if (!isKey && stamp === undefined) this.registers.push({ merge: valueMerge(merge), column: index })
    this.slots.set(name, { ...column, index, stamp })
  }

  /** The fingerprints of the columns whose content is fixed; undefined without such columns. */
  addContent(slots: readonly Slot[]): ContentLayout | undefined {
    const fixed = slots.filter(({ isKey, merge, isPersonal }) => !isKey && merge === 'once' && !isPersonal)
    if (fixed.length === 0) return undefined
    const sorted = fixed.toSorted((a, b) => compareText(a.name, b.name))
    const high = this.#add({ name: CONTENT_HIGH, type: bigint, role: 'content', nullable: true })
    const low = this.#add({ name: CONTENT_LOW, type: bigint, role: 'content', nullable: true })
    this.registers.push({ merge: 'max', column: high }, { merge: 'max', column: low })
    return {
      columns: sorted.map(({ index }) => index),
      names: sorted.map(({ name }) => `${name}\n`).join(''),
      high,
      low,
    }
  }

  addLive(): TableLayout['live'] {
    const live = { value: this.#add(liveColumn), stamp: this.#add(stampColumn(LIVE_STAMP, stampComment('last'))) }
    this.registers.push({ merge: 'stamped', columns: [live.value], stamp: live.stamp })
    return live
  }

  addOrigin(): number {
    const origin = this.#add(originColumn)
    this.registers.push({ merge: 'bits', column: origin })
    return origin
  }

  #add(column: PhysicalColumn): number {
    return this.columns.push(column) - 1
  }

  /** Returns the index of the register's stamp. */
  #addToRegister(name: string, merge: Merge, index: number): number {
    const known = this.#stamped.get(name)
    if (known) {
      known.columns.push(index)
      return known.stamp
    }
    const logicalName = stampName(name)
    const physical = ownOf(this.#names.stamps, name) ?? logicalName
    const stamp = this.#add({ ...stampColumn(physical, stampComment(merge)), logicalName })
    const register = { stamp, columns: [index] }
    this.#stamped.set(name, register)
    this.registers.push({ merge: 'stamped', ...register })
    return stamp
  }
}

import { ChangeoverError } from '../../core/index.ts'
import { prefixed, VERSION_COLUMNS, viewNamesOf, type AnyTable, type DataType } from '../../star/index.ts'

/** A dimension in one of the roles that a fact gives it, as the statement needs it. */
export interface Role {
  /** The view of its versions. */
  readonly view: string
  /** The columns of its key, there and in the fact. */
  readonly key: readonly { readonly name: string; readonly inFact: string; readonly type: DataType }[]
  /** The other columns of the view, and what the joined rows call them. */
  readonly columns: readonly { readonly name: string; readonly as: string }[]
}

/** Throws a ChangeoverError `DEFINITION` when the fact cannot be joined to these dimensions as of this time. */
export function checkRoles(fact: AnyTable, at: string, dimensions: Readonly<Record<string, AnyTable>>): Role[] {
  const time = fact.layout.slots.get(at)
  if (time?.type.name !== 'datetime') {
    const why = time === undefined ? 'it has no such column' : `its type is ${time.type.name}`
    throw refused(fact, `cannot be joined as of ${at}: ${why}`, 'Name a column of the fact that is a datetime().')
  }
  const names = new Set(fact.layout.slots.keys())
  return Object.entries(dimensions).map(([name, dimension]) => roleOf(fact, name, dimension, names))
}

/** @param names the columns that the joined rows have so far; those of the role are added */
function roleOf(fact: AnyTable, role: string, dimension: AnyTable, names: Set<string>): Role {
  const { layout } = dimension
  const { history: view } = viewNamesOf(dimension)
  if (layout.history === undefined || view === undefined) {
    throw refused(
      fact,
      `cannot be joined as of a time to the dimension ${dimension.name}, which keeps no history`,
      `Define ${dimension.name} with history: true, and migrate.`,
    )
  }
  const key = Object.keys(dimension.key).map((name) => {
    const inFact = prefixed(role, name)
    const { type } = layout.slots.get(name)!
    if (fact.layout.slots.get(inFact)?.type.name === type.name) return { name, inFact, type }
    throw refused(
      fact,
      `has no dimension ${dimension.name} in the role ${role}: it has no column ${inFact} of type ${type.name}`,
      'Name the dimension by its role in the definition of the fact.',
    )
  })
  const columns = [...layout.history.columns.map(({ slot }) => slot.name), ...VERSION_COLUMNS].map((name) => {
    const as = prefixed(role, name)
    if (names.has(as)) {
      throw refused(
        fact,
        `cannot be joined to the dimension ${dimension.name} in the role ${role}: both give a column ${as}`,
        'Rename one of the two columns.',
      )
    }
    names.add(as)
    return { name, as }
  })
  return { view, key, columns }
}

function refused({ kind, name }: AnyTable, sentence: string, remedy: string): ChangeoverError {
  return new ChangeoverError('DEFINITION', `The ${kind} ${name} ${sentence}.`, { remedy })
}

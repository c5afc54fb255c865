import { column as c, defineMigration, dimension, fact, group } from '../../src/exports/index.ts'
import type { Migration } from '../../src/mapping/index.ts'
import type { Column } from '../../src/star/define/column.ts'
import { WITHHELD, type ChangingEvent, type ColumnChoice, type DefinitionChoice } from './changing.ts'

function typeOf({ type }: ColumnChoice): Column {
  return type === 'int' ? c.int() : c.varchar(type === 'short' ? 20 : 40)
}

function defined(choice: ColumnChoice, isFact: boolean): [string, Column] {
  const { name, merge, pii, group: of } = choice
  let made: Column = typeOf(choice).nullable()
  // A `last` of a fact is its content where nothing else is said.
  if (!(isFact && merge === 'last')) made = made[merge]()
  if (pii) made = made.pii()
  return of === undefined ? [name, made] : (Object.entries(group(of, { [name]: made }))[0] as [string, Column])
}

/** A column's value is a function of the event and the type alone, as one definition after another would have it. */
function valueOf(event: ChangingEvent, { name, type }: ColumnChoice): number | string | null {
  const value = event.payload[name] ?? null
  return value === null ? null : type === 'int' ? value : `${name}${value}`
}

export function migrationOf(choice: DefinitionChoice, name = 'changing'): Migration {
  const { columns: of, measures, history, withholds } = choice
  const hasPast = history && of.some(({ merge, pii }) => merge === 'last' && !pii)
  const thing = dimension('thing', {
    key: { id: c.int() },
    columns: Object.fromEntries(of.map((each) => defined(each, false))),
    history: hasPast,
  })
  const deed = fact('deed', {
    key: { id: c.int() },
    measures: Object.fromEntries(measures.map((each) => defined(each, true))),
  })
  const all = (event: ChangingEvent, choices: readonly ColumnChoice[]) =>
    Object.fromEntries(choices.map((each) => [each.name, valueOf(event, each)]))
  const edited = (event: ChangingEvent, choices: readonly ColumnChoice[]) =>
    all(
      event,
      choices.filter((each) => event.edits.includes(each.group ?? each.name)),
    )
  const editable = measures.filter(({ merge, group: grouped }) => merge !== 'last' && grouped === undefined)
  return defineMigration<ChangingEvent>()({
    name,
    source: {
      collection: 'events',
      type: 'type',
      order: 'seq',
      time: 'at',
      ...(withholds ? { omit: [`payload.${WITHHELD}`] } : {}),
    },
    tables: { thing, deed },
    on: {
      created: (e) => [
        thing.create({ id: e.id }, all(e, of) as never),
        deed.create({ id: e._id }, all(e, measures) as never),
      ],
      edited: (e) => [
        thing.edit({ id: e.id }, edited(e, of) as never),
        deed.edit({ id: e._id % 3 }, edited(e, editable) as never),
      ],
      deleted: (e) => [thing.delete({ id: e.id }), deed.delete({ id: e._id % 3 })],
      erased: (e) => [thing.erase({ id: e.id }), deed.erase({ id: e._id % 3 })],
    },
  })
}

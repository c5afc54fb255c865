import { column as c, defineMigration, dimension, fact } from 'changeover'
import type { RepositoryEvent } from './events.ts'

export const author = dimension('author', {
  key: { author_id: c.varchar(14).comment('A pseudonym: names and mail addresses are never stored.') },
  columns: { mail_domain: c.varchar(60).pii() },
})

export const file = dimension('file', {
  key: { path: c.varchar(255) },
  columns: {
    bytes: c.bigint(),
    created_at: c.datetime().first(),
    edited_at: c.datetime().max().nullable(),
  },
})

export const commit = fact('commit', {
  key: { commit_id: c.char(40) },
  dimensions: { author, day: c.date() },
  measures: {
    at: c.datetime().comment("By the author's clock, which may be wrong."),
    is_merge: c.boolean(),
    files_changed: c.int(),
    insertions: c.int().nullable(),
    deletions: c.int().nullable(),
  },
})

export const change = fact('change', {
  key: { event_id: c.objectId() },
  dimensions: { file, author, day: c.date() },
  measures: {
    action: c.enum('created', 'edited', 'deleted'),
    insertions: c.int().nullable().comment('NULL for binary files.'),
    deletions: c.int().nullable().comment('NULL for binary files.'),
  },
})

type FileEvent = Extract<RepositoryEvent, { entity: { kind: 'file' } }>

export const history = defineMigration<RepositoryEvent>()({
  name: 'history',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'recordedAt', entity: 'entity.id' },
  tables: { author, file, commit, change },
  on: {
    'author.created': (e) => author.create({ author_id: e.entity.id }, { mail_domain: e.payload.mailDomain }),
    'file.created': (e) => [
      file.create({ path: e.entity.id }, { bytes: e.payload.bytes, created_at: e.at }),
      changed(e, 'created'),
    ],
    'file.edited': (e) => [
      file.edit({ path: e.entity.id }, { bytes: e.payload.bytes, edited_at: e.at }),
      changed(e, 'edited'),
    ],
    'file.deleted': (e) => [file.delete({ path: e.entity.id }), changed(e, 'deleted')],
    'commit.created': (e) =>
      commit.create(
        { commit_id: e.entity.id },
        {
          author_id: e.actor,
          day: e.at,
          at: e.at,
          is_merge: e.payload.isMerge,
          files_changed: e.payload.filesChanged,
          insertions: e.payload.insertions,
          deletions: e.payload.deletions,
        },
      ),
  },
})

function changed(e: FileEvent, action: 'created' | 'edited' | 'deleted') {
  return change.create(
    { event_id: e._id },
    {
      file_path: e.entity.id,
      author_id: e.actor,
      day: e.at,
      action,
      insertions: e.payload.insertions,
      deletions: e.payload.deletions,
    },
  )
}

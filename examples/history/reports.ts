import { report } from 'changeover'
import { sql } from 'kysely'
import { commitsByAuthor, commitsByYear, filesByFolder } from './legacy-reports.ts'
import { commit, file } from './migration.ts'

export const filesByFolderReport = report('files_by_folder', {
  key: ['folder'],
  tables: { file },
  legacy: (_params, { mongo }) => filesByFolder(mongo),
  warehouse: (_params, db) =>
    db
      .selectFrom('file')
      .select((eb) => [
        sql<string>`if(locate('/', path) = 0, '.', substring_index(path, '/', 1))`.as('folder'),
        eb.fn.countAll<number>().as('files'),
        sql<number>`cast(sum(bytes) as signed)`.as('bytes'),
      ])
      .groupBy('folder')
      .orderBy('folder'),
})

export const commitsByYearReport = report('commits_by_year', {
  key: ['year'],
  tables: { commit },
  legacy: (_params, { mongo }) => commitsByYear(mongo),
  warehouse: (_params, db) =>
    db
      .selectFrom('commit')
      .select((eb) => [sql<number>`year(at)`.as('year'), eb.fn.countAll<number>().as('commits')])
      .groupBy('year')
      .orderBy('year'),
})

export const commitsByAuthorReport = report('commits_by_author', {
  key: ['author_id'],
  tables: { commit },
  legacy: (_params, { mongo }) => commitsByAuthor(mongo),
  warehouse: (_params, db) =>
    db
      .selectFrom('commit')
      .select((eb) => ['author_id', eb.fn.countAll<number>().as('commits')])
      .groupBy('author_id')
      .orderBy('commits', 'desc')
      .orderBy('author_id'),
})

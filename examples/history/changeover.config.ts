import { defineConfig } from 'changeover'
import { history } from './migration.ts'
import { commitsByAuthorReport, commitsByYearReport, filesByFolderReport } from './reports.ts'

export default defineConfig({
  migrations: [history],
  reports: [filesByFolderReport, commitsByYearReport, commitsByAuthorReport],
})

import type { PoolOptions } from 'mysql2'
import { ChangeoverError } from '../core/index.ts'

/**
 * The driver's options, with which every connection reads the same values: times in UTC, integers exact. Throws a ChangeoverError
 * `CONFIG` when the address is not a MySQL URL.
 */
export function driverOptions(url: string): PoolOptions {
  if (!/^(mysql|mariadb):\/\//.test(url) || !URL.canParse(url)) {
    throw new ChangeoverError('CONFIG', 'The address of the warehouse is not a MySQL URL.', {
      remedy: 'Write it as mysql://user:password@host:3306/database, with special characters percent-encoded.',
    })
  }
  return {
    uri: url,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    multipleStatements: false,
    enableKeepAlive: true,
    maxPreparedStatements: 256,
  }
}

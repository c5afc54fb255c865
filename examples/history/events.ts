import type { ObjectId } from 'mongodb'

/** Everything that can happen in a repository, told in the order in which its main line saw it. */
export type RepositoryEvent = AuthorCreated | CommitCreated | FileCreated | FileEdited | FileDeleted

/** Someone's first commit comes next. */
export type AuthorCreated = Happened<'author.created', 'author', { mailDomain: string | null }>

export type CommitCreated = Happened<
  'commit.created',
  'commit',
  { isMerge: boolean; filesChanged: number; insertions: number; deletions: number }
>

export type FileCreated = Happened<'file.created', 'file', Change & Content & { mode: string }>

export type FileEdited = Happened<'file.edited', 'file', Change & Content>

export type FileDeleted = Happened<'file.deleted', 'file', Change>

/** What every change of a file carries; a binary file has no lines to count. */
interface Change {
  commit: string
  insertions: number | null
  deletions: number | null
}

/** What a file holds after the change. A submodule's blob is the commit it points at, of no bytes. */
interface Content {
  blob: string
  bytes: number
}

interface Happened<Type extends string, Kind extends string, Payload> {
  _id: ObjectId
  /** Counts from 1, without gaps. */
  seq: number
  type: Type
  /** A file's id is its path, a commit's its hash, an author's a pseudonym. */
  entity: { kind: Kind; id: string }
  /** The author's pseudonym. */
  actor: string
  /** The author's clock: it lies as clocks of clients do. */
  at: Date
  /** The committer's clock, made monotone: never earlier than that of the event before. */
  recordedAt: Date
  payload: Payload
}

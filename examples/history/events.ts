import type { ObjectId } from 'mongodb'

/** Everything that can happen in a repository, in the order of its main line. */
export type RepositoryEvent = AuthorCreated | CommitCreated | FileCreated | FileEdited | FileDeleted

/** The author's first commit is next. */
export type AuthorCreated = Happened<'author.created', 'author', { mailDomain: string | null }>

export type CommitCreated = Happened<
  'commit.created',
  'commit',
  { isMerge: boolean; filesChanged: number; insertions: number; deletions: number }
>

export type FileCreated = Happened<'file.created', 'file', Change & Content & { mode: string }>

export type FileEdited = Happened<'file.edited', 'file', Change & Content>

export type FileDeleted = Happened<'file.deleted', 'file', Change>

/** The payload of every change of a file; a binary file has no line counts. */
interface Change {
  commit: string
  insertions: number | null
  deletions: number | null
}

/** The content of a file after the change. A submodule's blob is the commit that it points at, with 0 bytes. */
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
  /** The author's clock, which may be wrong as clocks of clients are. */
  at: Date
  /** The committer's clock, made monotone: never earlier than the previous event. */
  recordedAt: Date
  payload: Payload
}

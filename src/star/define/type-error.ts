/** A type that no value fits, so that the compiler prints its sentence. */
export interface TypeError<Sentence extends string> {
  readonly '~changeover': Sentence
}

/** An import or a re-export in a file. */
export interface Import {
  /** What it names: `'../core/index.ts'`. */
  readonly specifier: string
  /** From 1. */
  readonly line: number
}

/** `import … from '…'`, `export … from '…'` and `import '…'`, type-only or not; they start a line. */
const STATIC = /^(?:import|export)\b(?:[\w$*,\s]*(?:\{[^{}]*\}\s*)?\bfrom\s*|\s*)(['"])(?<specifier>[^'"\n]+)\1/gm

/** `import('…')`, as a value or in a type. */
const DYNAMIC = /\bimport\(\s*(['"`])(?<specifier>[^'"`\n]+)\1/g

/** A line of nothing but a comment, as the formatter lays comments out. */
const COMMENT = /^\s*(?:\/\/|\/\*|\*).*$/gm

/** The imports of a TypeScript file, in order. Relies on the layout that the formatter gives. */
export function importsIn(text: string): Import[] {
  const code = text.replaceAll(COMMENT, '')
  return [STATIC, DYNAMIC]
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .toSorted((a, b) => a.index - b.index)
    .map((match) => ({ specifier: match.groups!.specifier!, line: lineAt(code, match.index) }))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** The instant in a cell of the type `datetime`. */
export function instantOf(cell: string): Date {
  return new Date(`${cell.replace(' ', 'T')}Z`)
}

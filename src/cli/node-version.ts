const OLDEST = [22, 18] as const

/** Why this version of Node cannot run the package; undefined when it can. */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined
  return `this is Node ${version}; changeover requires Node ${OLDEST.join('.')} or later. Install a newer Node and try again.`
}

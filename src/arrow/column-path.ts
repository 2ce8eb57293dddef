const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** What is wrong with a column, and where in it. */
export interface Fault {
  /** From the column: empty, `.street`, `.street[3]`. */
  path: string
  readonly why: string
}

/** How a field is named in a path. */
export function pathSegment(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** A fault of what is nested in a field of this name. */
export function inside(name: string, fault: Fault): Fault {
  fault.path = pathSegment(name) + fault.path
  return fault
}

/** The fault that a buffer does not hold what the length of its column asks for. */
export function tooShort(buffer: string, found: number, needed: number): Fault {
  const cause = found === 0 ? '; was it transferred to another thread?' : ''
  return { path: '', why: `its ${buffer} hold ${found} bytes where ${needed} are needed${cause}` }
}

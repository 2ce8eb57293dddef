/** Whether something that was returned where no promise may be is one. */
export function isPromise(result: unknown): boolean {
  return (
    typeof result === 'object' &&
    result !== null &&
    'then' in result &&
    typeof result.then === 'function'
  )
}

/** Has the failure of a promise that nobody will await not end the process. */
export function silence(promise: unknown): void {
  Promise.resolve(promise).catch(() => {})
}

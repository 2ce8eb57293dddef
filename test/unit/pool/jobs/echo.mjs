/**
 * @template T
 * @param {T} input
 * @returns {T}
 */
export default function echo(input) {
  return input
}

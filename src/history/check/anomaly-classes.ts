import type { HistoryLevel } from '../history-format.ts'

/**
 * What can be wrong with a history. The names with a G are Adya's (Weak consistency, 1999),
 * `G-nonadjacent` is Elle's (Kingsbury and Alvaro, VLDB 2020).
 */
export type AnomalyClass =
  | 'version-order'
  | 'incompatible-order'
  | 'duplicate-elements'
  | 'garbage-read'
  | 'internal'
  | 'G0'
  | 'G1a'
  | 'G1b'
  | 'G1c'
  | 'lost-update'
  | 'G-single'
  | 'G-nonadjacent'
  | 'G2-item'
  | `${'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item'}-realtime`

interface ClassFacts {
  /** The weakest level at which it must not happen. */
  readonly forbiddenFrom: HistoryLevel
  readonly meaning: string
}

/** Every class, from what no level allows to what only the strongest one forbids. */
export const ANOMALY_CLASSES: Readonly<Record<AnomalyClass, ClassFacts>> = {
  'version-order': {
    forbiddenFrom: 'read-committed',
    meaning: 'commit timestamps contradict what was read before it was overwritten',
  },
  'incompatible-order': {
    forbiddenFrom: 'read-committed',
    meaning: 'two lists of a key were read of which neither is the beginning of the other',
  },
  'duplicate-elements': {
    forbiddenFrom: 'read-committed',
    meaning: 'a list was read that holds an element twice',
  },
  'garbage-read': {
    forbiddenFrom: 'read-committed',
    meaning: 'a value was read that no recorded transaction wrote',
  },
  internal: {
    forbiddenFrom: 'read-committed',
    meaning: 'a transaction did not see its own last write',
  },
  G0: { forbiddenFrom: 'read-committed', meaning: 'dirty write: writes of two are interleaved' },
  G1a: { forbiddenFrom: 'read-committed', meaning: 'aborted read: a value that never counted' },
  G1b: {
    forbiddenFrom: 'read-committed',
    meaning: 'intermediate read: not the last value written',
  },
  G1c: { forbiddenFrom: 'read-committed', meaning: 'circular information flow' },
  'lost-update': {
    forbiddenFrom: 'read-committed',
    meaning: 'a write replaced a version that its transaction had not read',
  },
  'G-single': {
    forbiddenFrom: 'repeatable-read',
    meaning: 'read skew: a cycle with one antidependency',
  },
  'G-nonadjacent': {
    forbiddenFrom: 'repeatable-read',
    meaning: 'a cycle whose antidependencies never follow one another',
  },
  'G2-item': {
    forbiddenFrom: 'serializable',
    meaning: 'write skew: a cycle with two antidependencies in a row',
  },
  'G0-realtime': {
    forbiddenFrom: 'strict-serializable',
    meaning: 'G0 against the order of real time',
  },
  'G1c-realtime': {
    forbiddenFrom: 'strict-serializable',
    meaning: 'G1c against the order of real time',
  },
  'G-single-realtime': {
    forbiddenFrom: 'strict-serializable',
    meaning: 'a read of the past: an earlier commit is missing in it',
  },
  'G-nonadjacent-realtime': {
    forbiddenFrom: 'strict-serializable',
    meaning: 'G-nonadjacent against the order of real time',
  },
  'G2-item-realtime': {
    forbiddenFrom: 'strict-serializable',
    meaning: 'G2-item against the order of real time',
  },
}

export const CLASS_NAMES: readonly AnomalyClass[] = Object.keys(ANOMALY_CLASSES) as AnomalyClass[]

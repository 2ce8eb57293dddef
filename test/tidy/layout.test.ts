import { describe, expect, it } from 'vitest'
import { alignmentOf } from '../../scripts/layout/layout.mjs'
import { constant, FIELDS, LAYOUTS, layoutOf, SOURCES } from './support/layouts.ts'

const EACH_LAYOUT = LAYOUTS.map((layout) => [layout.structure.id, layout] as const)
const ARENA_LENGTH_MAX = 2 ** 32

describe('the fields of a structure', () => {
  it.each(EACH_LAYOUT)('do not overlap: %s', (_, { gaps }) => {
    expect(gaps.filter(({ length }) => length < 0)).toEqual([])
  })

  it.each(EACH_LAYOUT)('leave no byte between them without a reason: %s', (_, { gaps }) => {
    expect(gaps.filter(({ reason }) => reason === undefined)).toEqual([])
  })

  it.each(EACH_LAYOUT)('are aligned to their size: %s', (_, { fields }) => {
    const misaligned = fields.filter((field) => field.offset % alignmentOf(field) !== 0)
    expect(misaligned).toEqual([])
    expect(fields.length).toBeGreaterThan(0)
  })

  it.each(EACH_LAYOUT)('lie within its length: %s', (_, { base, length, fields }) => {
    for (const field of fields) {
      expect(field.offset, field.constant).toBeGreaterThanOrEqual(base)
      expect(field.offset + field.length, field.constant).toBeLessThanOrEqual(base + length)
    }
  })

  it('are all constants that are offsets, but for those of ends', () => {
    const offsets = Object.values(SOURCES)
      .flatMap(({ comments }) => [...comments.keys()])
      .filter((name) => /_(OFFSET|DISTANCE)$/.test(name))
    const others = offsets.filter((name) => !FIELDS.has(name))
    expect(others.sort()).toEqual(['HEADER_END_OFFSET', 'SLOT_END_OFFSET', 'THREAD_END_OFFSET'])
  })
})

describe('the arena header', () => {
  it('begins with its magic number, which spells KHON', () => {
    expect(constant('HEADER_MAGIC_OFFSET')).toBe(constant('HEADER_ADDRESS'))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(constant('MAGIC'))
    expect(bytes.toString('latin1')).toBe('KHON')
  })

  it('is followed by the slot table and the page table', () => {
    const end = constant('HEADER_ADDRESS') + constant('HEADER_LENGTH')
    expect(constant('HEADER_END_OFFSET')).toBeLessThanOrEqual(end)
    expect(constant('SLOT_TABLE_ADDRESS')).toBe(end)
    expect(constant('PAGE_TABLE_ADDRESS')).toBe(end + constant('SLOT_COUNT_MAX') * 4)
  })

  it('gives what many threads change cache lines of its own (A3)', () => {
    const alone = ['CLOCK_OFFSET', 'HORIZON_BOUND_OFFSET']
    const pairOf = (offset: number) => Math.floor(offset / constant('CACHE_LINE_PAIR_LENGTH'))
    const { fields } = layoutOf('arena-header')
    const expectTogether = (names: readonly string[]) => {
      const pair = pairOf(constant(names[0] as string))
      const there = fields.filter(({ offset }) => pairOf(offset) === pair)
      expect(there.map((field) => field.constant)).toEqual(names)
    }
    for (const name of [...alone, 'CELL_COUNT_OFFSET']) expectTogether([name])
    expectTogether(['PAGE_HINT_OFFSET', 'PAGE_FRESH_OFFSET'])
    // Every commit loads them; the turns hardly ever change.
    expectTogether([
      'CLOSED_MAP_OFFSET',
      'JUDGEABLE_MAP_OFFSET',
      'TURNS_OFFSET',
      'TURN_COUNT_OFFSET',
      'LAPSED_TURN_COUNT_OFFSET',
    ])
    // They hardly ever change, and every look-up loads them.
    expectTogether([
      'BUCKET_COUNT_OFFSET',
      'REUSE_COUNT_OFFSET',
      'RECYCLE_COUNT_OFFSET',
      'ORDERED_ROOT_OFFSET',
    ])
  })

  it('has room for what it counts', () => {
    const segments = constant('BUCKET_COUNT_MAX_SHIFT') - constant('SEGMENT_SHIFT') + 1
    expect(segments).toBeLessThanOrEqual(constant('SEGMENT_COUNT_MAX'))
    expect(constant('CLASS_COUNT')).toBeLessThanOrEqual(constant('BATCH_STACK_COUNT'))
    const { fields } = layoutOf('arena-header')
    for (const map of ['closed map', 'judgeable map']) {
      const field = fields.find(({ name }) => name === map)
      expect((field?.length ?? 0) * 8).toBe(constant('THREAD_COUNT_MAX'))
    }
  })
})

describe('a thread record', () => {
  it('takes one page: fields, scratch bytes, the queue of retired blocks', () => {
    const scratchEnd = constant('THREAD_SCRATCH_OFFSET') + constant('THREAD_SCRATCH_LENGTH')
    expect(constant('THREAD_RETIRED_OFFSET')).toBe(scratchEnd)
    const queueLength = constant('RETIRED_COUNT_MAX') * constant('RETIRED_LENGTH')
    expect(scratchEnd + queueLength).toBe(constant('PAGE_LENGTH'))
    expect(constant('THREAD_END_OFFSET')).toBeLessThanOrEqual(constant('THREAD_SCRATCH_OFFSET'))
  })

  it('has room for every size class and every cause of an abort', () => {
    const perClass = layoutOf('thread-record').fields.filter(({ meaning }) =>
      /per size class|by size class/i.test(meaning),
    )
    expect(perClass.length).toBeGreaterThan(4)
    for (const { count } of perClass) {
      expect(count).toBeGreaterThanOrEqual(constant('CLASS_COUNT'))
    }
    const causes = Object.values(SOURCES).flatMap(({ comments }) =>
      [...comments.keys()].filter((name) => name.startsWith('CAUSE_')),
    )
    for (const cause of causes) {
      expect(constant(cause)).toBeLessThan(constant('ABORT_CAUSE_COUNT'))
    }
    const lastStatus = constant('STATUS_UPDATE_REFUSED') - constant('STATUS_FAILURE_FIRST')
    expect(lastStatus).toBeLessThan(Math.min(...causes.map(constant)))
  })
})

describe('a slot', () => {
  it('holds its inline access set and lock order', () => {
    const { fields } = layoutOf('slot')
    const inline = fields.filter(({ name }) => name.startsWith('inline'))
    expect(inline.map(({ length }) => length)).toEqual([
      constant('SLOT_INLINE_ENTRY_COUNT') * constant('ENTRY_LENGTH'),
      constant('SLOT_INLINE_ENTRY_COUNT') * 4,
    ])
    for (const { offset, length } of inline) {
      expect(offset).toBeGreaterThanOrEqual(constant('SLOT_END_OFFSET'))
      expect(offset + length).toBeLessThanOrEqual(constant('SLOT_LENGTH'))
    }
  })

  it('fits into a page a whole number of times', () => {
    expect(constant('PAGE_LENGTH') % constant('SLOT_LENGTH')).toBe(0)
  })
})

describe('lengths that are also shifts', () => {
  it.each([
    ['ENTRY_LENGTH', 'ENTRY_SHIFT'],
    ['RETIRED_LENGTH', 'RETIRED_SHIFT'],
    ['CELL_LENGTH', 'CELL_SHIFT'],
    ['PAGE_LENGTH', 'PAGE_SHIFT'],
    ['SEGMENT_BUCKETS_MIN', 'SEGMENT_SHIFT'],
  ])('%s is 1 << %s', (length, shift) => {
    expect(constant(length)).toBe(2 ** constant(shift))
  })
})

describe('blocks', () => {
  it('of the ordered index hold their places, and can be named as cells are', () => {
    const references = constant('ORDERED_REFERENCES_START')
    expect(references).toBe(
      constant('ORDERED_PREFIXES_START') + constant('ORDERED_PLACE_COUNT') * 8,
    )
    const end = references + constant('ORDERED_PLACE_COUNT') * 4
    expect(end).toBeLessThanOrEqual(constant('ORDERED_LENGTH'))
    expect(constant('ORDERED_LENGTH') % constant('CELL_LENGTH')).toBe(0)
    expect(constant('PAGE_LENGTH') % constant('ORDERED_LENGTH')).toBe(0)
    expect(constant('ORDERED_WORD_OFFSET')).toBe(constant('CELL_WORD_OFFSET'))
    expect(constant('THREAD_COUNT_MAX')).toBeLessThan(2 ** (64 - constant('ORDERED_LOCK_SHIFT')))
  })

  it('of every class are multiples of what a handle counts', () => {
    const unit = 2 ** constant('HANDLE_SHIFT')
    for (const name of ['VERSION_LENGTH', 'CELL_LENGTH', 'BLOCK_PREFIX_LENGTH']) {
      expect(constant(name) % unit).toBe(0)
    }
    // The second class is half as long again as the first one.
    expect((constant('DATA_LENGTH_MIN') / 2) % unit).toBe(0)
  })

  it('of data double from the shortest to the longest in two steps each', () => {
    const doublings = Math.log2(constant('DATA_LENGTH_MAX') / constant('DATA_LENGTH_MIN'))
    expect(constant('DATA_CLASS_FIRST') + 2 * doublings + 1).toBe(constant('CLASS_COUNT'))
  })

  it('keep the links of free lists out of what readers look at in free cells and versions', () => {
    const links = layoutOf('free-block').fields
    const linksEnd = Math.max(...links.map(({ offset, length }) => offset + length))
    const readOf = (id: string) =>
      layoutOf(id).fields.filter(({ access, constant: name }) => {
        return access === 'shared' && name !== 'VERSION_VALUE_OFFSET'
      })
    for (const id of ['node', 'version']) {
      const { base } = layoutOf(id)
      const starts = readOf(id).map(({ offset }) => offset - base)
      expect(Math.min(...starts)).toBeGreaterThanOrEqual(linksEnd)
    }
  })
})

describe('words', () => {
  it('have shifts as the comments say', () => {
    const opening = SOURCES.word?.opening.join('\n')
    const timestamp = constant('TIMESTAMP_SHIFT')
    const plain = Math.log2(constant('PLAIN_FLAG'))
    expect(opening).toContain(`\`commit timestamp << ${timestamp} | plain << ${plain} | owner\``)
    const generation = constant('GENERATION_SHIFT')
    expect(opening).toContain(`\`timestamp << ${timestamp} | generation << ${generation} | state\``)
    const [head, ofCell] = [constant('HEAD_SHIFT'), constant('CELL_GENERATION_SHIFT')]
    expect(opening).toContain(
      `\`version handle << ${head} | cell generation << ${ofCell} | value tag\``,
    )
    const [ofClass, ofThread] = [constant('PAGE_CLASS_SHIFT'), constant('PAGE_THREAD_SHIFT')]
    const pages = SOURCES.page?.opening.join('\n')
    expect(pages).toContain(`\`kind | class << ${ofClass} | thread << ${ofThread}\``)
    expect(pages).toContain(`\`kind | pages << ${ofClass}\``)
  })

  it('have masks that are as wide as the shifts leave room', () => {
    expect(constant('OWNER_MASK')).toBe(constant('PLAIN_FLAG') - 1)
    expect(constant('PLAIN_FLAG') * 2).toBe(2 ** constant('TIMESTAMP_SHIFT'))
    const generation = (constant('GENERATION_MASK') + 1) * 2 ** constant('GENERATION_SHIFT')
    expect(generation).toBe(2 ** constant('TIMESTAMP_SHIFT'))
    expect(constant('STATE_MASK')).toBe(2 ** constant('GENERATION_SHIFT') - 1)
    expect(constant('TAG_MASK')).toBeLessThan(2 ** constant('HEAD_SHIFT'))
  })

  it('hold the largest values that they have to', () => {
    const owners = (constant('OWNER_MASK') + 1) / 2 ** constant('OWNER_ID_SHIFT')
    expect(constant('SLOT_COUNT_MAX')).toBeLessThanOrEqual(owners)
    expect(constant('STATE_REVOKED')).toBeLessThanOrEqual(constant('STATE_MASK'))
    expect(constant('TAG_RECORD')).toBeLessThanOrEqual(constant('TAG_MASK'))
    expect(constant('TAG_RECORD')).toBeLessThan(constant('STATUS_FAILURE_FIRST'))
    const kinds = 2 ** constant('PAGE_CLASS_SHIFT')
    expect(constant('PAGE_SLOTS')).toBeLessThan(kinds)
    const classes = 2 ** (constant('PAGE_THREAD_SHIFT') - constant('PAGE_CLASS_SHIFT'))
    expect(constant('CLASS_COUNT')).toBeLessThanOrEqual(classes)
    const threads = 2 ** (32 - constant('PAGE_THREAD_SHIFT'))
    expect(constant('THREAD_COUNT_MAX')).toBeLessThanOrEqual(threads)
  })

  it('of index links tell cells, buckets and pending buckets apart', () => {
    const flags = [constant('BUCKET_FLAG'), constant('PENDING_FLAG')]
    const target = constant('TARGET_MASK')
    expect([...flags, target].reduce((all, part) => all | part, 0) >>> 0).toBe(
      [...flags, target].reduce((all, part) => all + part, 0),
    )
    expect(ARENA_LENGTH_MAX / constant('CELL_LENGTH')).toBeLessThanOrEqual(target + 1)
    expect(2 ** constant('BUCKET_COUNT_MAX_SHIFT')).toBeLessThanOrEqual(target + 1)
  })

  it.each([
    ['flags of an entry', /^ENTRY_(READ|WRITE|GAP|STALE|IGNORED|CUT|DECIDED|RETIRING|LENT)$/],
    ['masks of a mode', /^MODE_(ISOLATION_MASK|CLOSED|CONFLICT_MASK)$/],
  ])('have %s that share no bit', (_, pattern) => {
    const bits = Object.values(SOURCES)
      .flatMap(({ comments }) => [...comments.keys()])
      .filter((name) => pattern.test(name))
      .map(constant)
    expect(bits.length).toBeGreaterThan(2)
    const sum = bits.reduce((all, bit) => all + bit, 0)
    expect(bits.reduce((all, bit) => all | bit, 0)).toBe(sum)
  })
})

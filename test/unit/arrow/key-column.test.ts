import { expect, test } from 'vitest'
import { byteColumn, hashRows, isSameKey, wordColumn } from '#dist/src/arrow/keys/key-column.js'

const texts = byteColumn(Int32Array.of(0, 1, 3, 4), new Uint8Array(Buffer.from('aaba')))

test('a key of bytes is another than one that begins with it', () => {
  expect(isSameKey([texts], 0, [texts], 1)).toBe(false)
  expect(isSameKey([texts], 1, [texts], 0)).toBe(false)
  expect(isSameKey([texts], 0, [texts], 2)).toBe(true)
})

test('a key of several columns is equal when each of them is', () => {
  const words = wordColumn(Int32Array.of(1, 2, 1, 3, 1, 2), 2)
  const key = [words, texts]
  expect(isSameKey(key, 0, key, 2)).toBe(true)
  expect(isSameKey(key, 0, key, 1)).toBe(false)
  const hashes = new Int32Array(3)
  hashRows(key, 0, 3, hashes, 0)
  expect(hashes[0]).toBe(hashes[2])
  const some = new Int32Array(2)
  hashRows(key, 1, 3, some, 0)
  expect([...some]).toEqual([hashes[1], hashes[2]])
})

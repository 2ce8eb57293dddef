const khonsu = require('khonsu')
const { run } = require('./run.mjs')

run(khonsu)

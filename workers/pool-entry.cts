/**
 * What Piscina loads: CommonJS, because Piscina would `require()` a module, and Node 20 ends the whole
 * process when a thread is terminated while it does that (`Module::IsGraphAsync` of a module that was
 * not instantiated; Node 24 is mended). An `import()` is only given up.
 */
module.exports = import('./pool-worker.ts').then(({ default: poolWorker }) => poolWorker)
